"""The way to PostgreSQL: an engine, sessions, and the nudge that wakes the dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

WORK = "luotsi_work"  # channel: something is due
CHANGED = "luotsi_changed"  # channel: a case changed; its id is the payload


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

    async def close(self) -> None:
        await self.engine.dispose()


async def nudge(session: AsyncSession) -> None:
    """Wakes the dispatcher when this transaction commits."""
    await session.execute(sa.select(sa.func.pg_notify(WORK, "")))


async def tell_changed(session: AsyncSession, case_id: int) -> None:
    """Wakes the pages that show this case when this transaction commits."""
    await session.execute(sa.select(sa.func.pg_notify(CHANGED, str(case_id))))


class Listener:
    """A connection of its own that hears NOTIFY. It comes back by itself when the database does.

    `on_notice` gets the payload; what was told while the connection was away is lost, so listeners also sweep.
    """

    def __init__(self, url: str, channel: str, on_notice: Callable[[str], None]) -> None:
        self._url = url.replace("postgresql+asyncpg://", "postgresql://")
        self._channel = channel
        self._on_notice = on_notice

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._url)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(self._channel, lambda _c, _p, _ch, payload: self._on_notice(str(payload)))
            self._on_notice("")
            await lost.wait()
        finally:
            connection.terminate()
