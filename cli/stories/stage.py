"""Where a story is played: the whole hub and its sandbox partners in one process, each behind a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import aiosmtplib
from fastapi import FastAPI
from pydantic_settings import BaseSettings

from api.app import create_app
from api.intake import MailIntake
from api.services import Services
from cli.hub_process import to_recipient_check, to_store
from cli.sandbox_partners import known_sandboxes
from cli.stories.plot import Plot
from connectors.registry import list_partners, make_connectors
from connectors.sandbox.delivery import make_delivery_sandbox
from connectors.sandbox.driver import Driver, Visit, VisitBook
from connectors.sandbox.mail_catcher import MailCatcher, make_mail_catcher
from connectors.sandbox.serve import listen, order_notifications, served, to_url
from flows.dispatcher import Dispatcher
from flows.routines import plan_routines
from flows.tracking import Untracked
from flows.wiring import make_house, make_mailer
from hub.clock import ShiftedClock
from hub.database import Database
from hub.delivering import Outside
from hub.house import House
from hub.owners import set_presence
from hub.people import NewPerson, add_person
from hub.settings import Settings
from hub.tables import Role
from hub.tokens import add_token

HERE = "127.0.0.1"
NOT_BY_ITSELF = 30 * 24 * 3600.0  # seconds: an ordered copy is opened when the story's reader opens it


@dataclass
class Stage:
    """`staff` by e-mail address; `page` is a browser that nobody is signed in with."""

    clock: ShiftedClock
    house: House
    dispatcher: Dispatcher
    partners: Mapping[str, Driver]
    books: Mapping[str, VisitBook]
    sandboxes: Mapping[str, FastAPI]
    desk_login: tuple[str, str]
    catcher: Driver
    page: Driver
    staff: Mapping[str, Driver]
    smtp_port: int

    async def write(self, mail: EmailMessage) -> None:
        """In by SMTP, and everything done that it makes due."""
        await aiosmtplib.send(mail, hostname=HERE, port=self.smtp_port)
        await self.settle()

    async def settle(self) -> None:
        """What is due is done, and what partners push meanwhile has landed and is done too."""
        await self.dispatcher.drain()
        while pushes := self._list_pushes():
            await asyncio.gather(*pushes)
            await self.dispatcher.drain()

    async def wait_until(self, at: datetime) -> None:
        self.clock.set(at)
        await self.settle()

    def list_visits(self, since: datetime) -> list[Visit]:
        visits = [visit for book in self.books.values() for visit in book.visits if visit.began_at >= since]
        return sorted(visits, key=lambda visit: visit.began_at)

    def _list_pushes(self) -> list[asyncio.Task[None]]:
        desk, shop = (self.sandboxes[name].state.pusher for name in ("publisher_desk", "app_store"))
        return [*desk.under_way, *shop.running]


@asynccontextmanager
async def open_stage(database_url: str, plot: Plot, start: datetime, folder: Path) -> AsyncIterator[Stage]:
    """`database_url` is of an empty, migrated database; `folder` is for what the sandboxes and the hub keep."""
    async with AsyncExitStack() as stack:
        clock = ShiftedClock(start)
        sandboxes = _make_sandboxes(plot, clock, folder)
        books = {name: VisitBook(name, app, clock) for name, app in sandboxes.items()}
        catcher = await _open_catcher(clock, stack)
        apps: dict[str, Any] = {**books, "mail_catcher": catcher.app}
        addresses = await stack.enter_async_context(served({name: (app, listen(0)) for name, app in apps.items()}))
        door = listen(0)
        settings = _make_settings(database_url, folder, to_url(door), catcher.port)
        credentials = {s.name: s.credentials(sandboxes[s.name]) for s in known_sandboxes()}
        outside = await _make_outside(settings, clock, _to_partner_settings(addresses, credentials), stack)
        tokens = await _add_staff(outside, plot)
        services = Services(outside.database, clock, settings, outside.connectors, outside.house)
        await stack.enter_async_context(served({"hub": (create_app(services), door)}))
        await _ask_for_pushes(outside, sandboxes)
        intake = MailIntake(to_store(outside.database), to_recipient_check(settings), clock)
        await intake.start(HERE, 0)
        stack.push_async_callback(intake.stop)
        dispatcher = Dispatcher(outside, Untracked())
        await plan_routines(outside)
        desk = credentials["publisher_desk"]
        stage = Stage(
            clock=clock,
            house=outside.house,
            dispatcher=dispatcher,
            partners={name: _open_driver(stack, addresses[name]) for name in sandboxes},
            books=books,
            sandboxes=sandboxes,
            desk_login=(f"{desk['email']}/token", desk["api_token"]),
            catcher=_open_driver(stack, addresses["mail_catcher"]),
            page=_open_driver(stack, to_url(door)),
            staff={email: _open_driver(stack, to_url(door), token) for email, token in tokens.items()},
            smtp_port=intake.port,
        )
        await stage.settle()
        yield stage


def _open_driver(stack: AsyncExitStack, url: str, token: str = "") -> Driver:
    driver = Driver(url, token=token)
    stack.push_async_callback(driver.close)
    return driver


def _make_sandboxes(plot: Plot, clock: ShiftedClock, folder: Path) -> dict[str, FastAPI]:
    made = {s.name: s.make for s in known_sandboxes()}
    made["delivery"] = partial(make_delivery_sandbox, opens_after=NOT_BY_ITSELF)
    return {name: make(plot.seed, clock, folder / f"{name}.json") for name, make in made.items()}


async def _open_catcher(clock: ShiftedClock, stack: AsyncExitStack) -> MailCatcher:
    catcher = make_mail_catcher(clock)
    await catcher.start(HERE, 0)
    stack.push_async_callback(catcher.stop)
    return catcher


def _make_settings(database_url: str, folder: Path, public_url: str, relay_port: int) -> Settings:
    """Everything that is the story's own is given, so that nothing of this machine's set-up gets in."""
    given: dict[str, Any] = {
        "_env_file": None,
        "database_url": database_url,
        "data_dir": folder,
        "public_url": public_url,
        "smtp_relay": f"{HERE}:{relay_port}",
        "support_address": "support@luotsi.example",
        "support_name": "Luotsi",
        "secret_key": "s" * 40,
    }
    return Settings(**given)


def _to_partner_settings(
    addresses: Mapping[str, str], credentials: Mapping[str, Mapping[str, str]]
) -> dict[str, BaseSettings]:
    """A credential that begins with `/` is a path at the partner's own address."""
    made = {}
    for partner in list_partners():
        url = addresses[partner.name]
        whole = {k: url + v if v.startswith("/") else v for k, v in credentials[partner.name].items()}
        given: dict[str, Any] = {"_env_file": None, "base_url": url, **whole}
        made[partner.name] = partner.settings(**given)
    return made


async def _make_outside(
    settings: Settings, clock: ShiftedClock, partners: Mapping[str, BaseSettings], stack: AsyncExitStack
) -> Outside:
    assert settings.database_url is not None
    database = Database(settings.database_url)
    stack.push_async_callback(database.close)
    connectors = make_connectors(clock, partners)
    for connector in connectors.values():
        stack.push_async_callback(connector.close)
    return Outside(database, clock, await make_house(settings, connectors), connectors, make_mailer(settings))


async def _add_staff(outside: Outside, plot: Plot) -> dict[str, str]:
    """An API token each, by e-mail address."""
    now, tokens = outside.clock.now(), {}
    async with outside.database.transaction() as session:
        for name in plot.staff:
            email = f"{name.split()[0].lower()}@luotsi.example"
            new = NewPerson(
                email=email, name=name, role=Role.SUPERVISOR, skills=("magazine",), languages=("fi", "sv", "en")
            )
            person = await add_person(session, new, now)
            await set_presence(session, person.id, True, now=now)
            tokens[email] = await add_token(session, Role.SUPERVISOR, "story", now, person.id)
    return tokens


async def _ask_for_pushes(outside: Outside, sandboxes: Mapping[str, FastAPI]) -> None:
    url = f"{outside.house.public_url}/webhooks"
    desk: Any = outside.connectors["publisher_desk"]
    await desk.register_webhook(f"{url}/publisher_desk")
    await order_notifications(sandboxes["app_store"], f"{url}/app_store")
