"""Promises: what we told the customer would happen by when. Each has a keeper and an outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.playbooks import Playbook
from hub.tables import Case, Promise, PromiseOutcome
from hub.timeline import AUTOMATION, record_entry


async def make_promise(
    session: AsyncSession, case: Case, playbook: Playbook, kind: str, item: str, *, now: datetime
) -> Promise:
    """The open promise of this kind, made now if there is none: an earlier one keeps its time."""
    for open_one in await list_open(session, case.id):
        if open_one.kind == kind:
            return open_one
    rule = playbook.promises[kind]
    promise = Promise(
        case_id=case.id,
        kind=kind,
        text=rule.text.say(case.language, item=item),
        keeper_id=case.owner_id,
        made_at=now,
        due_at=now + rule.within,
    )
    session.add(promise)
    await session.flush()
    await record_entry(
        session, case.id, AUTOMATION, "promised", promise.text, now=now, due_at=promise.due_at.isoformat()
    )
    return promise


async def list_open(session: AsyncSession, case_id: int) -> list[Promise]:
    theirs = sa.select(Promise).where(col(Promise.case_id) == case_id, col(Promise.outcome).is_(None))
    return list(await session.scalars(theirs.order_by(col(Promise.due_at))))


async def settle_promises(
    session: AsyncSession, case_id: int, kinds: Iterable[str], outcome: PromiseOutcome, *, now: datetime
) -> None:
    """One kept after its time was broken all the same: the time is part of the promise."""
    wanted = set(kinds)
    for promise in await list_open(session, case_id):
        if promise.kind in wanted:
            late = outcome is PromiseOutcome.KEPT and now > promise.due_at
            promise.outcome = PromiseOutcome.BROKEN if late else outcome
            promise.settled_at = now
            await record_entry(
                session, case_id, AUTOMATION, f"promise_{promise.outcome}", promise.text, now=now, promise=promise.id
            )
    await session.flush()


async def break_overdue(session: AsyncSession, now: datetime) -> list[int]:
    """Marks every promise whose time is out; the ids of the cases, whose owners see it first on their lists."""
    overdue = await session.scalars(
        sa.select(Promise)
        .where(col(Promise.outcome).is_(None), col(Promise.due_at) < now)
        .with_for_update(skip_locked=True)
    )
    touched = []
    for promise in overdue:
        promise.outcome, promise.settled_at = PromiseOutcome.BROKEN, now
        await record_entry(
            session, promise.case_id, AUTOMATION, "promise_broken", promise.text, now=now, promise=promise.id
        )
        touched.append(promise.case_id)
    await session.flush()
    return touched
