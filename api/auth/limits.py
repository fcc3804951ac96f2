"""Rate limits on tries, kept in the database so that they hold over all processes.

A browser that signed in before has a limit of its own, so that nobody locks another out by failing in their name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.problem_details import TooManyTries
from hub.database import Database
from hub.tables import Attempt


@dataclass(frozen=True)
class Limit:
    """At most `count` tries of `subject` within `window`."""

    subject: str
    count: int = 5
    window: timedelta = timedelta(minutes=5)


async def spend_try(database: Database, limits: Iterable[Limit], now: datetime) -> None:
    """Counts one try against each limit, in its own transaction, so that a failing request does not give it back.
    TooManyTries when one is used up; a refused try is not counted."""
    async with database.transaction() as session:
        for limit in sorted(limits, key=lambda x: x.subject):  # in one order: two tries never wait for each other
            await _spend(session, limit, now)


async def _spend(session: AsyncSession, limit: Limit, now: datetime) -> None:
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(limit.subject, 0))))
    mine = col(Attempt.subject) == limit.subject
    await session.execute(sa.delete(Attempt).where(mine, col(Attempt.at) <= now - limit.window))
    times = list(await session.scalars(sa.select(col(Attempt.at)).where(mine).order_by(col(Attempt.at))))
    if len(times) >= limit.count:
        free_at = times[-limit.count] + limit.window
        raise TooManyTries(max(1, int((free_at - now).total_seconds()) + 1))
    session.add(Attempt(subject=limit.subject, at=now))
    await session.flush()


async def forget_tries(session: AsyncSession, limits: Iterable[Limit]) -> None:
    """After a success."""
    subjects = [limit.subject for limit in limits]
    await session.execute(sa.delete(Attempt).where(col(Attempt.subject).in_(subjects)))
