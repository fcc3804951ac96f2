"""The pages in a real browser: the app on a free port of this very event loop, Chromium of the system."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pyotp
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from api.app import create_app
from api.auth.sessions import open_session
from api.services import Services
from hub.clock import FixedClock
from hub.database import Database
from hub.facts import App, Catalogue
from hub.house import House
from hub.links import status_token
from hub.playbooks import load_playbooks
from hub.ports import Publication
from hub.settings import Settings
from hub.tables import Case
from tests.api import samples
from tests.conftest import NOW, make_database

CHROMIUM = shutil.which("chromium")
Filled = tuple[str, Mapping[str, Case], str]  # the database's name, the cases, a session's cookie
SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"))


@dataclass
class Site:
    """A hub with samples in it, and the browser to look at it."""

    url: str
    house: House
    database: Database
    clock: FixedClock
    browser: Browser
    cases: Mapping[str, Case]
    cookie: str

    async def open(self, path: str = "/", width: int = 1280, scheme: Any = "light", **more: Any) -> Page:
        size: Any = {"width": width, "height": 900 if width > 600 else 844}
        page = await self.browser.new_page(viewport=size, color_scheme=scheme, base_url=self.url, **more)
        page.set_default_timeout(30_000)
        await page.goto(path)
        return page

    async def sign_in(self, path: str = "/", **look: Any) -> Page:
        """Past the door, which has tests of its own."""
        page = await self.open("/sign-in", **look)
        await page.context.add_cookies([{"name": "luotsi", "value": self.cookie, "url": self.url}])
        await page.goto(path)
        return page

    def code(self) -> str:
        """The authenticator app's next code: each is good once."""
        self.clock.advance(timedelta(seconds=30))
        return pyotp.TOTP(samples.TOTP_SECRET).at(self.clock.now())

    def case_path(self, name: str) -> str:
        return f"/cases/{self.cases[name].number}"

    def status_path(self, name: str) -> str:
        return f"/s/{status_token(self.house.secret, self.cases[name].id or 0, self.clock.now())}"


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def filled(server: str, worker_id: str) -> Filled:
    """The samples, filled in once, with the owner signed in; every test works on a copy."""
    name = f"samples_{worker_id}"
    database = Database(await make_database(server, name))
    async with database.transaction() as session:
        cases = await samples.fill(session, NOW)
        cookie = await open_session(session, cases["matti"].owner_id, NOW, whole=True)
    await database.close()
    return name, cases, cookie


async def copy_database(server: str, template: str, name: str) -> str:
    admin = await asyncpg.connect(server.replace("+asyncpg", "") + "/postgres")
    await admin.execute(f'drop database if exists "{name}" with (force)')
    await admin.execute(f'create database "{name}" template "{template}"')
    await admin.close()
    return f"{server}/{name}"


@pytest_asyncio.fixture
async def site(server: str, worker_id: str, filled: Filled, chromium: Browser) -> AsyncIterator[Site]:
    template, cases, cookie = filled
    database = Database(await copy_database(server, template, f"pages_{worker_id}"))
    clock, house = FixedClock(NOW), _house()
    services = Services(database, clock, Settings(_env_file=None), {}, house)
    serving = uvicorn.Server(
        uvicorn.Config(create_app(services), port=0, log_level="error", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.01)
    port = serving.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}", house, database, clock, chromium, cases, cookie)
    for context in chromium.contexts:
        await context.close()
    serving.should_exit = True
    await task
    await database.close()


def _house() -> House:
    titles = {id: title for id, title in samples.TITLES.items() if id != "zinio"}
    return House(
        support_address="support@luotsi.example",
        support_name="Luotsi",
        public_url="http://127.0.0.1",
        secret="a secret of at least thirty-two characters",
        catalogue=Catalogue(
            publications=tuple(Publication(id=id, title=title) for id, title in titles.items()),
            apps=(App(id="zinio", title="Zinio"),),
        ),
        playbooks=load_playbooks(Path(__file__).parents[3] / "playbooks"),
    )
