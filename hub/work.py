"""The queue: rows say what is due. Claimed with a lease, so any number of workers may run and any may die."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.database import nudge
from hub.tables import Work, WorkKind
from hub.workers import is_free

LEASE = timedelta(minutes=2)  # of a worker that lives and does not come to an end; of one that is gone it is over
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)


async def plan_work(
    session: AsyncSession,
    kind: WorkKind,
    subject: int | str,
    due_at: datetime,
    *,
    case_id: int | None = None,
    now: datetime,
) -> None:
    """There is one waiting row per kind and subject: planned again, the earlier time holds. While it runs, what is
    planned is for after it."""
    row = insert(Work).values(
        kind=kind,
        key=f"{kind}:{subject}",
        case_id=case_id,
        payload={"subject": subject},
        created_at=now,
        due_at=due_at,
        attempts=0,
        trouble="",
    )
    is_running = col(Work.leased_until).is_not(None)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["key"],
            index_where=sa.text("done_at is null"),
            set_={
                "due_at": sa.case((is_running, Work.due_at), else_=sa.func.least(Work.due_at, row.excluded.due_at)),
                "again_at": sa.case((is_running, sa.func.least(Work.again_at, row.excluded.due_at)), else_=None),
            },
        )
    )
    await nudge(session)


async def claim_work(session: AsyncSession, now: datetime, limit: int = 10, *, worker: int | None = None) -> list[Work]:
    """Due rows that nobody works on, leased to `worker`: until it has ended them, is gone, or its lease is out."""
    due = (
        sa.select(col(Work.id))
        .where(col(Work.done_at).is_(None), col(Work.due_at) <= now)
        .where(is_free(Work, now))
        .order_by(col(Work.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = await session.scalars(
        sa.update(Work)
        .where(col(Work.id).in_(due))
        .values(leased_until=now + LEASE, leased_by=worker, attempts=Work.attempts + 1)
        .returning(Work)
    )
    return sorted(claimed, key=lambda w: w.due_at)


async def finish_work(session: AsyncSession, work: Work, now: datetime) -> None:
    """Done, or free again for when it was planned while it ran. Nothing where another worker has it by now."""
    again = col(Work.again_at).is_not(None)
    await session.execute(
        sa.update(Work)
        .where(*_is_leased(work))
        .values(
            done_at=sa.case((again, None), else_=now),
            due_at=sa.func.coalesce(Work.again_at, Work.due_at),
            again_at=None,
            leased_until=None,
            attempts=sa.case((again, 0), else_=Work.attempts),
            trouble="",
        )
    )


async def put_off_work(session: AsyncSession, work: Work, trouble: str, due_at: datetime) -> None:
    """Until `due_at`, or until it was planned for while it ran."""
    sooner = sa.func.least(due_at, Work.again_at)
    waits = {"leased_until": None, "due_at": sooner, "again_at": None, "trouble": trouble}
    await session.execute(sa.update(Work).where(*_is_leased(work)).values(waits))


def _is_leased(work: Work) -> tuple[sa.ColumnElement[bool], ...]:
    """To the very worker that it was leased to, still."""
    by = col(Work.leased_by).is_not_distinct_from(work.leased_by)
    return (col(Work.id) == work.id, col(Work.leased_until).is_not(None), by)


def to_retry_at(attempts: int, now: datetime, after: datetime | None = None) -> datetime:
    """Doubling from 5 s to an hour; never before the time that a partner named."""
    wait: timedelta = min(FIRST_RETRY * 2 ** min(max(attempts - 1, 0), 12), LONGEST_RETRY)
    return max(now + wait, after) if after else now + wait
