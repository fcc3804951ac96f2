"""A database that is a story's own: on a server that is named, else on an embedded one that lives as long as it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
from sqlalchemy import URL, make_url

from cli.postgres import temporary_postgres
from hub.database import Database
from hub.migrate import migrate

SERVER = "LUOTSI_TEST_DATABASE_URL"


@contextmanager
def story_server(url: str | None = None) -> Iterator[str]:
    """Call it in the main thread, outside of any event loop."""
    named = url or os.environ.get(SERVER)
    if named:
        yield named
        return
    with temporary_postgres() as postgres:
        yield postgres.url("postgres")


@asynccontextmanager
async def story_database(server: str) -> AsyncIterator[str]:
    """An empty, migrated one; gone at the end. Databases of others on the server are not touched."""
    name = f"luotsi_story_{os.getpid()}"
    admin = make_url(server).set(drivername="postgresql", database="postgres")
    url = _to_text(admin.set(drivername="postgresql+asyncpg", database=name))
    await _order(admin, f'drop database if exists "{name}" with (force)', f'create database "{name}"')
    try:
        database = Database(url, pool_size=1)
        await migrate(database)
        await database.close()
        yield url
    finally:
        await _order(admin, f'drop database if exists "{name}" with (force)')


async def _order(admin: URL, *orders: str) -> None:
    connection = await asyncpg.connect(_to_text(admin))
    for order in orders:
        await connection.execute(order)
    await connection.close()


def _to_text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
