"""The database that a command works on: the one that is set, the embedded one that runs, or that one started for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from cli.postgres import find_running_url, running_postgres
from hub.database import Database
from hub.settings import Settings


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
