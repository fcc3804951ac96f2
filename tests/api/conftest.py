from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from api.services import Services
from hub.clock import FixedClock
from hub.database import Database
from hub.facts import Catalogue
from hub.house import House
from hub.playbooks import load_playbooks
from hub.ports import Publication
from hub.settings import Settings
from hub.tables import Person, Role
from hub.tokens import add_token
from tests.samples import add_person

URL = "http://luotsi.example"


@pytest.fixture(scope="session")
def house() -> House:
    return House(
        support_address="support@luotsi.example",
        support_name="Luotsi",
        public_url=URL,
        secret="a secret of at least thirty-two characters",
        catalogue=Catalogue(publications=(Publication(id="hbr", title="Harvard Business Review"),)),
        playbooks=load_playbooks(Path(__file__).parents[2] / "playbooks"),
    )


@pytest.fixture
def services(database: Database, clock: FixedClock, house: House) -> Services:
    return Services(database=database, clock=clock, settings=Settings(_env_file=None), connectors={}, house=house)


@pytest_asyncio.fixture
async def browser(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody, yet: what a browser or a script is before it says who it is."""
    transport = httpx.ASGITransport(app=create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield client


@pytest_asyncio.fixture
async def owner(database: Database, clock: FixedClock) -> Person:
    async with database.transaction() as session:
        return await add_person(session, "Aino", clock.now())


@pytest_asyncio.fixture
async def agent(browser: httpx.AsyncClient, database: Database, clock: FixedClock, owner: Person) -> httpx.AsyncClient:
    """A script that acts as the owner."""
    async with database.transaction() as session:
        token = await add_token(session, Role.AGENT, "test", clock.now(), owner.id)
    browser.headers["Authorization"] = f"Bearer {token}"
    return browser
