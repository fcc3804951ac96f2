"""What tests of the hub start from: a person present, a case, the house."""

from datetime import datetime

import pytest
import pytest_asyncio

from hub.actors import Actor
from hub.database import Database
from hub.house import House
from hub.tables import Case
from tests.samples import add_case, add_person, make_house, to_actor


@pytest.fixture(scope="session")
def house() -> House:
    return make_house()


@pytest_asyncio.fixture
async def kaisa(database: Database, now: datetime) -> Actor:
    """Present, and so the owner of what is opened."""
    async with database.transaction() as session:
        return to_actor(await add_person(session, "Kaisa", now))


@pytest_asyncio.fixture
async def case(database: Database, kaisa: Actor, now: datetime) -> Case:
    async with database.transaction() as session:
        return await add_case(session, now)
