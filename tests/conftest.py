"""A real PostgreSQL for every test: one database per xdist worker, each test rolled back at its end."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import UTC, datetime

import asyncpg
import hypothesis
import pytest
import pytest_asyncio

from cli.postgres import temporary_postgres
from hub.clock import FixedClock
from hub.database import Database
from hub.migrate import migrate

NOW = datetime(2026, 11, 12, 6, 41, 10, tzinfo=UTC)


# How long an example takes says nothing on a shared machine; in CI the same examples are tried every time.
hypothesis.settings.register_profile("luotsi", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("luotsi")

# A missing Prefect server is found out at once, and none is started behind our back.
os.environ.setdefault("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "false")

SERVER = "LUOTSI_TEST_DATABASE_URL"  # where set, that server is used: it saves a second
RESOURCES = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """One server for the whole run: started by the main process, and the xdist workers inherit its address."""
    resources = config.stash[RESOURCES] = ExitStack()
    if SERVER not in os.environ:
        postgres = resources.enter_context(temporary_postgres())
        os.environ[SERVER] = postgres.url("").rstrip("/")
        resources.callback(os.environ.pop, SERVER)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[RESOURCES].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("chromium") is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no chromium here: apt-get install chromium"))


@pytest.fixture(scope="session")
def server() -> str:
    """`postgresql+asyncpg://...@host:port`, without a database name."""
    return os.environ[SERVER]


async def make_database(server: str, name: str) -> str:
    """An empty, migrated database of that name; what was there is dropped."""
    admin = await asyncpg.connect(server.replace("+asyncpg", "") + "/postgres")
    await admin.execute(f'drop database if exists "{name}" with (force)')
    await admin.execute(f'create database "{name}"')
    await admin.close()
    database = Database(f"{server}/{name}")
    await migrate(database)
    await database.close()
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def database_url(server: str, worker_id: str) -> str:
    return asyncio.run(make_database(server, f"test_{worker_id}_{os.getpid()}"))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Rolled back at the end. One connection: what must be seen by two at once uses `committed`."""
    whole = Database(database_url, pool_size=1)
    async with whole.engine.connect() as connection:
        outer = await connection.begin()
        yield Database.over(connection, database_url)
        await outer.rollback()
    await whole.close()


@pytest_asyncio.fixture
async def committed(server: str, worker_id: str) -> AsyncIterator[Database]:
    """A database of its own for this test, with real commits and as many connections as wanted."""
    database = Database(await make_database(server, f"committed_{worker_id}_{os.getpid()}"))
    yield database
    await database.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def now(clock: FixedClock) -> datetime:
    return clock.now()
