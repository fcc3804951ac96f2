from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr

from api.app import create_app
from api.services import Services
from api.webhooks import LARGEST
from connectors.publisher_desk.connector import make_connector
from connectors.publisher_desk.settings import PublisherDeskSettings
from connectors.publisher_desk.signature import sign
from hub.clock import FixedClock
from hub.database import Database
from hub.tables import PartnerEvent, PartnerState, Work

SECRET = "a webhook secret of the desk"
URL = "/webhooks/publisher_desk"
PUSH = {
    "id": "01EVENT",
    "type": "zen:event-type:ticket.comment_added",
    "subject": "zen:ticket:35436",
    "time": "2026-11-12T06:41:00Z",
    "detail": {"id": "35436", "external_id": "luotsi-1"},
    "event": {},
}


@pytest_asyncio.fixture
async def desk(services: Services, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    """The publisher's desk, as it pushes to us."""
    settings = PublisherDeskSettings(
        base_url="https://publisher.example",
        email="a@b.example",
        api_token=SecretStr("x"),
        webhook_secret=SecretStr(SECRET.replace(" ", "-")),
    )
    connector = make_connector(settings, clock)
    app = create_app(replace(services, connectors={"publisher_desk": connector}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub.example") as client:
        yield client
    await connector.close()


async def push(desk: httpx.AsyncClient, clock: FixedClock, body: Any = PUSH, secret: str = SECRET) -> httpx.Response:
    raw, stamp = json.dumps(body).encode(), clock.now().isoformat().replace("+00:00", "Z")
    signature = sign(secret.replace(" ", "-"), stamp, raw)
    headers = {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": stamp}
    return await desk.post(URL, content=raw, headers={**headers, "Authorization": "Basic secret"})


async def rows(database: Database, table: type) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.scalars(sa.select(table)))


async def test_a_signed_push_is_stored_and_planned(
    desk: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    answer = await push(desk, clock)
    assert (answer.status_code, answer.json()) == (200, {"events": 1, "new": 1})
    [event] = await rows(database, PartnerEvent)
    assert (event.partner, event.pushed, event.handled_at) == ("publisher_desk", True, None)
    assert [work.key for work in await rows(database, Work)] == [f"partner_event:{event.id}"]


async def test_the_raw_body_is_kept_under_the_headers_that_prove_it(
    desk: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    await push(desk, clock)
    [event] = await rows(database, PartnerEvent)
    head, _, body = event.raw.partition(b"\r\n\r\n")
    assert json.loads(body) == PUSH
    assert b"x-zendesk-webhook-signature: " in head
    assert b"secret" not in head


async def test_a_doubled_push_is_one_event(desk: httpx.AsyncClient, database: Database, clock: FixedClock) -> None:
    await push(desk, clock)
    again = await push(desk, clock)
    assert (again.status_code, again.json()["new"]) == (200, 0)
    assert len(await rows(database, PartnerEvent)) == len(await rows(database, Work)) == 1


async def test_a_push_that_is_not_signed_leaves_nothing(
    desk: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    answer = await push(desk, clock, secret="another secret")
    assert (answer.status_code, answer.json()["type"]) == (401, "not-signed")
    assert await rows(database, PartnerEvent) == []


async def test_what_is_signed_but_unreadable_is_kept_and_told(
    desk: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    assert (await push(desk, clock, {"shape": "changed"})).status_code == 200
    [event] = await rows(database, PartnerEvent)
    assert event.raw.endswith(b'{"shape": "changed"}')
    [state] = await rows(database, PartnerState)
    assert state.trouble.startswith("a webhook could not be read")


@pytest.mark.parametrize("partner", ["nobody", "delivery"])
async def test_a_partner_that_does_not_push_is_not_there(desk: httpx.AsyncClient, partner: str) -> None:
    assert (await desk.post(f"/webhooks/{partner}", content=b"{}")).status_code == 404


async def test_a_push_has_a_size(desk: httpx.AsyncClient) -> None:
    assert (await desk.post(URL, content=b" " * (LARGEST + 1))).status_code == 422


async def test_the_hubs_own_fault_lets_the_partner_try_again(services: Services, clock: FixedClock) -> None:
    settings = PublisherDeskSettings(
        base_url="https://p.example", email="a@b.example", api_token=SecretStr("x"), webhook_secret=SecretStr(SECRET[0])
    )
    connector, away = make_connector(settings, clock), Database("postgresql+asyncpg://luotsi@127.0.0.1:1/none")
    app = create_app(replace(services, database=away, connectors={"publisher_desk": connector}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub.example") as desk:
        answer = await push(desk, clock, secret=SECRET[0])
    assert (answer.status_code, answer.json()["type"]) == (503, "try-again")
    await connector.close()
    await away.close()
