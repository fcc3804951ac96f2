"""The machine is watched by people: every decision is on record, and a person can stop it all, or one rule."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.database import is_there
from hub.errors import InvalidInput, NotFound
from hub.tables import ActorKind, Case, Decision, Stop, Verdict
from hub.timeline import AUTOMATION, Who, record_entry


class Rule(StrEnum):
    """Everything that the automation does by itself."""

    FIRST_MESSAGE = "first_message"  # the one automatic message of a case
    REMEDY = "remedy"  # a remedy that the playbook lets the automation do
    REQUEST = "request"  # our request at a partner's desk
    ANSWER_PARTNER = "answer_partner"  # a partner's question answered from facts
    PROBLEM = "problem"  # recurring failures become a problem


async def is_stopped(session: AsyncSession, rule: Rule, case: Case | None = None) -> bool:
    """By a person for all, for this rule, or on this case. Read in the very transaction that would act."""
    if case is not None and case.stopped_at is not None:
        return True
    standing = sa.select(sa.literal(1)).where(
        col(Stop.lifted_at).is_(None), sa.or_(col(Stop.rule).is_(None), col(Stop.rule) == rule)
    )
    return await is_there(session, standing)


async def list_stops(session: AsyncSession) -> list[Stop]:
    return list(await session.scalars(sa.select(Stop).where(col(Stop.lifted_at).is_(None)).order_by(col(Stop.id))))


async def stop(session: AsyncSession, actor: Actor, rule: str | None, why: str, *, now: datetime) -> Stop:
    if rule is not None and rule not in list(Rule):
        raise InvalidInput(f"no rule is called {rule}; there are {', '.join(Rule)}")
    row = Stop(rule=rule, stopped_at=now, stopped_by=actor.person_id, why=why)
    session.add(row)
    await session.flush()
    return row


async def lift(session: AsyncSession, rule: str | None, *, now: datetime) -> None:
    same = col(Stop.rule).is_(None) if rule is None else col(Stop.rule) == rule
    await session.execute(sa.update(Stop).where(same, col(Stop.lifted_at).is_(None)).values(lifted_at=now))


async def stop_case(session: AsyncSession, case_id: int, why: str, *, now: datetime, who: Who = AUTOMATION) -> None:
    """A person was asked for, or took over: the automation writes and acts no more on this case."""
    case = await session.get_one(Case, case_id, with_for_update=True)
    if case.stopped_at is None:
        case.stopped_at, case.stopped_why = now, why
        await record_entry(session, case_id, who, "automation_stopped", why, now=now)


async def wish_person(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """The customer asked for a human being."""
    await stop_case(session, case_id, "the customer asked for a person", now=now, who=(ActorKind.CUSTOMER, ""))


async def record_decision(
    session: AsyncSession, rule: Rule, outcome: str, reason: str, *, now: datetime, case_id: int | None, **inputs: Any
) -> None:
    session.add(Decision(case_id=case_id, rule=rule, outcome=outcome, reason=reason, inputs=inputs, at=now))
    await session.flush()


async def judge_decision(
    session: AsyncSession, decision_id: int, actor: Actor, verdict: str, note: str = "", *, now: datetime
) -> Decision:
    decision = await session.get(Decision, decision_id, with_for_update=True)
    if decision is None:
        raise NotFound(f"no decision {decision_id}")
    if verdict not in list(Verdict):
        raise InvalidInput(f"a verdict is one of {', '.join(Verdict)}")
    decision.verdict, decision.verdict_note = Verdict(verdict), note
    decision.judge_id, decision.judged_at = actor.person_id, now
    return decision
