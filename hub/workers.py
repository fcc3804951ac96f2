"""Which workers are there: each holds a lock of PostgreSQL on a connection of its own for as long as it lives.

PostgreSQL lets go of the lock when that connection ends, however it came to end, and what the worker had leased is
free at once. No clock takes part.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.database import keep_connected
from hub.tables import Effect, Work

WORKERS = 7_203_412  # the first number of the advisory locks; the second is the worker


class Presence:
    """`worker` names this one while its connection stands, None while it does not. A new connection is a new worker:
    what the one before had leased may be another's by then."""

    def __init__(self, url: str, on_start: Callable[[], None]) -> None:
        self.worker: int | None = None
        self._url = url
        self._on_start = on_start
        self._connection: asyncpg.Connection | None = None

    async def run(self) -> None:
        """Until cancelled."""
        await keep_connected(self._url, self._start, self._end)

    def renew(self) -> None:
        """PostgreSQL holds us for gone, though we did not see our connection end."""
        self.worker = None
        if self._connection is not None:
            self._connection.terminate()

    async def _start(self, connection: asyncpg.Connection) -> None:
        worker = secrets.randbits(31)
        await connection.execute("select pg_advisory_lock($1, $2)", WORKERS, worker)
        self.worker, self._connection = worker, connection
        self._on_start()

    def _end(self) -> None:
        self.worker = self._connection = None


def is_gone(worker: int | sa.SQLColumnExpression[int | None]) -> sa.ColumnElement[bool]:
    """Asked of PostgreSQL for each row at the moment it is looked at: a list read before could lack a new worker."""
    return sa.func.pg_try_advisory_xact_lock_shared(WORKERS, sa.cast(worker, sa.Integer), type_=sa.Boolean)


async def is_present(session: AsyncSession, worker: int) -> bool:
    return not await session.scalar(sa.select(is_gone(worker)))


def is_free(table: type[Work] | type[Effect], now: datetime) -> sa.ColumnElement[bool]:
    """Nobody works on the row. One that is leased by no worker (a story, a test) waits for its time."""
    until, by = col(table.leased_until), col(table.leased_by)
    return sa.or_(until.is_(None), until <= now, sa.and_(by.is_not(None), is_gone(by)))
