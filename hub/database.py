"""The way to PostgreSQL: an engine, sessions, and the nudge that wakes the dispatcher."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

log = logging.getLogger(__name__)
WORK = "luotsi_work"  # channel: something is due
CHANGED = "luotsi_changed"  # channel: a case changed; its id is the payload

COME_BACK = 0.5  # seconds until the next try where the database is away
# A machine that is cut off is found out within half a minute: PostgreSQL's own patience is hours.
KEEP_ALIVE = {"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
CONNECTION_LOST, STOPPING_OR_STARTING = "08", "57P"  # classes of PostgreSQL's error codes


class Database:
    """`url` is `postgresql+asyncpg://...`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(url, pool_size=pool_size, max_overflow=5, pool_pre_ping=True)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._checks_at_once = False

    @classmethod
    def over(cls, connection: AsyncConnection, url: str) -> Database:
        """Every session on one open connection, commits as savepoints: what a test rolls back at its end."""
        database = cls.__new__(cls)
        database.url = url
        database.engine = connection.engine
        database._sessions = async_sessionmaker(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )
        database._checks_at_once = True
        return database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back on any error."""
        async with self._sessions() as session, session.begin():
            yield session
            if self._checks_at_once:  # deferred rules would else wait for a commit that never comes
                await session.flush()
                await session.execute(sa.text("set constraints all immediate"))
                await session.execute(sa.text("set constraints all deferred"))

    async def write_down(self, write: Callable[[AsyncSession], Awaitable[object]]) -> None:
        """Commits `write`, however long the database is away: what a worker came to know is not lost with a
        connection. It runs again where the connection broke at the commit, so twice must have one effect."""
        while True:
            try:
                async with self.transaction() as session:
                    await write(session)
                return
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("the database does not answer: %s", error)
            await asyncio.sleep(COME_BACK)

    async def close(self) -> None:
        await self.engine.dispose()


def is_away(error: BaseException) -> bool:
    """The database is not to be reached for now, or hung up: not a fault of what was asked."""
    if not isinstance(error, sa.exc.DBAPIError):
        return isinstance(error, OSError)
    code = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or code.startswith((CONNECTION_LOST, STOPPING_OR_STARTING))


async def is_there(session: AsyncSession, rows: sa.Select[Any]) -> bool:
    """Whether the query finds anything; it reads no row."""
    return bool(await session.scalar(sa.select(rows.exists())))


async def nudge(session: AsyncSession) -> None:
    """Wakes the dispatcher when this transaction commits."""
    await session.execute(sa.select(sa.func.pg_notify(WORK, "")))


async def tell_changed(session: AsyncSession, case_id: int) -> None:
    """Wakes the pages that show this case when this transaction commits."""
    await session.execute(sa.select(sa.func.pg_notify(CHANGED, str(case_id))))


async def keep_connected(
    url: str, on_start: Callable[[asyncpg.Connection], Awaitable[object]], on_end: Callable[[], None] = lambda: None
) -> None:
    """Until cancelled: a connection of its own, opened again whenever it is lost, begun and ended by these two."""
    while True:
        try:
            await _connect(url.replace("postgresql+asyncpg://", "postgresql://"), on_start)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("no connection to the database: %s", error)
        on_end()
        await asyncio.sleep(COME_BACK)


async def _connect(url: str, on_start: Callable[[asyncpg.Connection], Awaitable[object]]) -> None:
    connection = await asyncpg.connect(url, server_settings=KEEP_ALIVE)
    lost = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await on_start(connection)
        await lost.wait()
    finally:
        connection.terminate()


class Listener:
    """A connection of its own that hears NOTIFY. It comes back by itself when the database does.

    `on_notice` gets the payload; what was told while the connection was away is lost, so listeners also sweep.
    """

    def __init__(self, url: str, channel: str, on_notice: Callable[[str], None]) -> None:
        self._url = url
        self._channel = channel
        self._on_notice = on_notice

    async def run(self) -> None:
        """Until cancelled."""
        await keep_connected(self._url, self._start)

    async def _start(self, connection: asyncpg.Connection) -> None:
        await connection.add_listener(self._channel, lambda _c, _p, _ch, payload: self._on_notice(str(payload)))
        self._on_notice("")
