from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx

from api.app import create_app
from api.services import Services
from hub.clock import FixedClock
from hub.database import Database
from hub.tables import PartnerState, Person, RawMail
from tests.samples import add_case


async def test_it_is_alive_and_ready(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/healthz")).status_code == 200
    assert (await browser.get("/readyz")).json() == {"status": "ready"}


async def test_without_its_database_it_is_alive_and_not_ready(services: Services) -> None:
    away = Database("postgresql+asyncpg://luotsi@127.0.0.1:1/none")
    app = create_app(replace(services, database=away))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub.example") as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
    await away.close()


async def test_figures_are_told(
    browser: httpx.AsyncClient, database: Database, clock: FixedClock, owner: Person
) -> None:
    now = clock.now()
    async with database.transaction() as session:
        await add_case(session, now)
        session.add(PartnerState(partner="delivery", down_since=now))
        times = {"received_at": now - timedelta(seconds=2), "handled_at": now}
        session.add(RawMail(channel="smtp", sender="a", content=b"", **times))
    told = (await browser.get("/metrics")).text.splitlines()
    assert "luotsi_cases_open 1.0" in told
    assert 'luotsi_partner_down{partner="delivery"} 1.0' in told
    assert 'luotsi_effects{state="unknown"} 0.0' in told
    assert 'luotsi_mail_to_case_seconds{quantile="0.5"} 2.0' in told
