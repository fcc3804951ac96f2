"""The whole hub in one process against its sandbox partners: real connectors, real mail out, no socket to a partner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic_settings import BaseSettings
from sqlmodel import col

from connectors.registry import list_partners
from connectors.relay import RelaySettings, SmtpRelay
from connectors.sandbox.app_store import app_store_credentials, make_app_store_sandbox
from connectors.sandbox.delivery import delivery_credentials, make_delivery_sandbox
from connectors.sandbox.mail_catcher import MailCatcher, make_mail_catcher
from connectors.sandbox.publisher_desk import make_publisher_desk_sandbox, publisher_desk_credentials
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from flows.catalogue import load_catalogue
from flows.dispatcher import Dispatcher
from flows.routines import plan_routines
from flows.tracking import Untracked
from hub.clock import ShiftedClock
from hub.database import Database
from hub.delivering import Outside
from hub.house import House
from hub.inbox import Arrival, store_mail
from hub.mail.compose import to_email
from hub.playbooks import load_playbooks
from hub.ports import Connector
from hub.tables import Case

SANDBOXES: dict[str, tuple[Any, Any]] = {
    "app_store": (make_app_store_sandbox, app_store_credentials),
    "delivery": (make_delivery_sandbox, delivery_credentials),
    "publisher_desk": (make_publisher_desk_sandbox, publisher_desk_credentials),
}


@dataclass
class World:
    outside: Outside
    dispatcher: Dispatcher
    sandboxes: dict[str, FastAPI]
    catcher: MailCatcher
    clock: ShiftedClock

    @property
    def database(self) -> Database:
        return self.outside.database

    async def write(self, raw: str, sender: str = "matti.lukija@example.com", to: str = "") -> None:
        """A mail arrives and everything that it makes due is done."""
        arrival = Arrival(
            channel="smtp",
            sender=sender,
            recipients=[to or self.outside.house.support_address],
            content=raw.encode(),
            received_at=self.clock.now(),
        )
        async with self.database.transaction() as session:
            await store_mail(session, arrival)
        await self.dispatcher.drain()

    async def pass_time(self, **amount: float) -> None:
        self.clock.advance(timedelta(**amount))
        await self.dispatcher.drain()

    async def order(self, partner: str, path: str, body: dict[str, Any] | None = None) -> Any:
        transport = SandboxTransport(self.sandboxes[partner])
        async with AsyncClient(transport=transport, base_url="http://sandbox") as client:
            answer = await client.request("POST" if body is not None else "GET", f"/_sandbox/{path}", json=body)
            answer.raise_for_status()
            return answer.json()

    async def clear_faults(self, partner: str) -> None:
        transport = SandboxTransport(self.sandboxes[partner])
        async with AsyncClient(transport=transport, base_url="http://sandbox") as client:
            (await client.delete("/_sandbox/faults")).raise_for_status()

    async def get_cases(self) -> list[Case]:
        async with self.database.transaction() as session:
            return list(await session.scalars(sa.select(Case).order_by(col(Case.id))))

    async def list_rows(self, table: type[Any], **where: Any) -> list[Any]:
        async with self.database.transaction() as session:
            return list(await session.scalars(sa.select(table).filter_by(**where).order_by(table.id)))


@asynccontextmanager
async def make_world(database: Database, now: datetime, path: Path) -> AsyncIterator[World]:
    clock, seed = ShiftedClock(now), load_seed("tests/people.yaml")
    sandboxes = {name: make(seed, clock, path / f"{name}.json") for name, (make, _) in SANDBOXES.items()}
    connectors = {p.name: _connect(p, sandboxes[p.name], clock) for p in list_partners()}
    catcher = make_mail_catcher(clock)
    await catcher.start("127.0.0.1", 0)
    house = House(
        support_address="support@luotsi.example",
        support_name="Luotsi",
        public_url="http://luotsi.example",
        secret="s" * 40,
        catalogue=await load_catalogue(Path("config/catalogue.yaml"), connectors),
        playbooks=load_playbooks(Path("playbooks")),
    )
    relay = SmtpRelay(RelaySettings("127.0.0.1", catcher.port), to_email)
    outside = Outside(database, clock, house, connectors, relay)
    dispatcher = Dispatcher(outside, Untracked())
    await plan_routines(outside)
    await dispatcher.drain()
    yield World(outside, dispatcher, sandboxes, catcher, clock)
    await catcher.stop()
    for connector in connectors.values():
        await connector.close()


def _connect(partner: Any, sandbox: FastAPI, clock: ShiftedClock) -> Connector:
    _, credentials = SANDBOXES[partner.name]
    given = {"base_url": "http://sandbox", **credentials(sandbox)}
    if partner.name == "delivery":
        given |= {"feed_url": "http://sandbox/opds/feed.json", "passphrase_key": "k" * 32}
    settings: BaseSettings = partner.settings(_env_file=None, **given)
    connector: Connector = partner.make(settings, clock, SandboxTransport(sandbox))
    return connector
