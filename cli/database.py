"""The database that a command works on: the one that is set, the embedded one that runs, or that one started for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from cli.postgres import find_running_url, running_postgres
from hub.database import Database
from hub.errors import Conflict
from hub.migrate import is_newest
from hub.settings import Settings, load_settings

T = TypeVar("T")


@contextmanager
def reachable_database(settings: Settings) -> Iterator[str]:
    """Its URL. Call it in the main thread, outside of any event loop."""
    url = settings.database_url or find_running_url(settings.data_dir)
    if url:
        yield url
        return
    with running_postgres(settings.data_dir) as postgres:
        yield postgres.url("luotsi")


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    database = Database(url, pool_size=2)
    try:
        yield database
    finally:
        await database.close()


def run_with_database(act: Callable[[Database], Awaitable[T]]) -> T:
    """For a whole command. Conflict where the database is not of the newest shape."""
    with reachable_database(load_settings()) as url:
        return asyncio.run(_run(url, act))


def run_in_transaction(act: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def in_transaction(database: Database) -> T:
        async with database.transaction() as session:
            return await act(session)

    return run_with_database(in_transaction)


async def _run(url: str, act: Callable[[Database], Awaitable[T]]) -> T:
    async with open_database(url) as database:
        if not await is_newest(database):
            raise Conflict("the database is not of the newest shape: luotsi migrate")
        return await act(database)
