"""The watch for failures that come back: the same customer at the same link within 400 days, closed cases included."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub import problems
from hub.automation import Rule, is_stopped, record_decision
from hub.chain import State, Verdict
from hub.pilot import RECUR_WITHIN, Episode
from hub.tables import Case, Effect, EffectKind, EffectState, Failure
from hub.timeline import AUTOMATION, has_entry, record_entry

OUTBREAK_WITHIN = timedelta(days=28)
OUTBREAK_CUSTOMERS = 3


async def list_episodes(session: AsyncSession, case: Case) -> list[Episode]:
    """This customer's failures in other cases, within 400 days before this case was opened, oldest first."""
    rows = await session.execute(
        sa.select(Failure, Case)
        .join(Case, col(Case.id) == col(Failure.case_id))
        .where(col(Failure.customer_id) == case.customer_id, col(Failure.case_id) != case.id)
        .where(col(Failure.at) > case.opened_at - RECUR_WITHIN, col(Failure.at) <= case.opened_at)
        .order_by(col(Failure.at))
    )
    return [
        Episode(
            case_id=earlier.id,
            number=earlier.number,
            item=failure.item,
            link=failure.link,
            reason=failure.reason,
            at=failure.at,
            remedies=tuple(await _list_done(session, failure.case_id)),
        )
        for failure, earlier in rows.all()
    ]


async def _list_done(session: AsyncSession, case_id: int) -> Sequence[str]:
    done = sa.select(col(Effect.payload)["kind"].astext).where(
        col(Effect.case_id) == case_id, col(Effect.kind) == EffectKind.REMEDY, col(Effect.state) == EffectState.DONE
    )
    return list(await session.scalars(done))


async def take_up(session: AsyncSession, case: Case, verdict: Verdict, earlier: Episode, *, now: datetime) -> None:
    """The case says that it happened before and lies beside the earlier one; the cause becomes a problem."""
    case.previous_id = case.previous_id or earlier.case_id
    if await has_entry(session, case.id, "recurred"):
        return
    text = f"the same link failed for the same customer in case {earlier.number}"
    await record_entry(session, case.id, AUTOMATION, "recurred", text, now=now, earlier=earlier.number)
    if await is_stopped(session, Rule.PROBLEM):
        return
    problem = await problems.open_or_join(session, case, verdict, [earlier.case_id], text, now=now)
    await record_decision(
        session,
        Rule.PROBLEM,
        f"problem {problem.number}",
        text,
        now=now,
        case_id=case.id,
        earlier=earlier.model_dump(mode="json"),
    )


async def join_open_problem(session: AsyncSession, case: Case, verdict: Verdict, *, now: datetime) -> None:
    """One open problem absorbs the later cases of its cause."""
    problem = await problems.find_open(session, verdict.partner, verdict.link, verdict.reason)
    if problem is not None and case.problem_id is None:
        await problems.link_cases(session, problem, [case.id], AUTOMATION, now=now)


async def watch(session: AsyncSession, *, now: datetime) -> list[int]:
    """Distinct people count, not messages: three customers with one cause in 28 days make it a problem."""
    if await is_stopped(session, Rule.PROBLEM):
        return []
    cause = (col(Failure.partner), col(Failure.link), col(Failure.reason))
    customers = sa.func.count(col(Failure.customer_id).distinct())
    frequent = (
        sa.select(*cause, sa.func.array_agg(col(Failure.case_id)))
        .join(Case, col(Case.id) == col(Failure.case_id))
        .where(col(Failure.at) > now - OUTBREAK_WITHIN, col(Case.problem_id).is_(None))
        .group_by(*cause)
        .having(customers >= OUTBREAK_CUSTOMERS)
    )
    grown = []
    for partner, link, reason, case_ids in (await session.execute(frequent)).all():
        latest = await session.get_one(Case, max(case_ids))
        verdict = Verdict(state=State.BROKEN, partner=partner, link=link, reason=reason)
        why = f"{len(set(case_ids))} cases of at least {OUTBREAK_CUSTOMERS} customers within 28 days"
        problem = await problems.open_or_join(session, latest, verdict, case_ids, why, now=now)
        await record_decision(
            session, Rule.PROBLEM, f"problem {problem.number}", why, now=now, case_id=latest.id, cases=case_ids
        )
        grown.append(problem.number)
    return grown
