"""After each trace: the plan is decided, and every step of it written as rows in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub import recurrence
from hub.automation import Rule, is_stopped, record_decision
from hub.cases import get_case
from hub.chain import State, Verdict, to_sentence
from hub.database import is_there
from hub.house import House
from hub.ledger import list_facts, to_known
from hub.letters import to_first_message
from hub.pilot import Episode, Plan, Situation, find_recurrence, plan_next
from hub.playbooks import Playbook
from hub.ports import Observation, RequestStatus
from hub.post import CUSTOMER, get_envelope, plan_mail
from hub.promises import make_promise, settle_promises
from hub.remedying import count_recent, list_remedies, plan_remedy
from hub.requesting import plan_request
from hub.tables import (
    Case,
    Effect,
    EffectKind,
    Failure,
    PromiseOutcome,
    Request,
    WorkKind,
)
from hub.timeline import AUTOMATION, has_entry, record_entry
from hub.tracing import find_latest_trace, record_trace
from hub.work import plan_work


async def pilot_case(
    session: AsyncSession,
    case_id: int,
    observations: Sequence[Observation],
    verdict: Verdict,
    house: House,
    *,
    now: datetime,
) -> Plan | None:
    """Records what was seen and starts what is next. None when the case was solved meanwhile."""
    case = await get_case(session, case_id, lock=True)
    if case.solved_at is not None:
        return None
    playbook = house.playbooks[case.playbook]
    before = await find_latest_trace(session, case_id)
    await record_trace(session, case_id, observations, verdict, now)
    if before is None or Verdict.model_validate(before.verdict) != verdict:
        await _tell_verdict(session, case, playbook, verdict, house, now)
    if verdict.state is State.BROKEN:
        await _record_failure(session, case, verdict, now)
    situation = await get_situation(session, case, playbook, verdict, now)
    plan = plan_next(situation, now)
    await _carry_out(session, case, situation, plan, house, now)
    return plan


async def get_situation(
    session: AsyncSession, case: Case, playbook: Playbook, verdict: Verdict, now: datetime
) -> Situation:
    remedies = await list_remedies(session, case.id)
    was_broken = sa.select(sa.literal(1)).where(col(Failure.case_id) == case.id)
    asked = sa.select(col(Request.partner)).where(col(Request.case_id) == case.id)
    awaited = asked.where(col(Request.status) != RequestStatus.SOLVED)
    return Situation(
        playbook=playbook,
        verdict=verdict,
        opened_at=case.opened_at,
        was_broken=await is_there(session, was_broken),
        done={e.payload["kind"]: e.created_at for e in remedies},
        recent=await count_recent(session, case, playbook.remedies, now),
        asked=tuple(await session.scalars(asked)),
        awaited=tuple(await session.scalars(awaited)),
        earlier=await recurrence.list_episodes(session, case),
        may_act=case.stopped_at is None,
    )


async def _tell_verdict(
    session: AsyncSession, case: Case, playbook: Playbook, verdict: Verdict, house: House, now: datetime
) -> None:
    sentence = to_sentence(verdict, playbook, case.language, {"item": house.to_item_name(verdict.item)})
    await record_entry(
        session, case.id, AUTOMATION, "verdict", sentence, now=now, verdict=verdict.model_dump(mode="json")
    )


async def _record_failure(session: AsyncSession, case: Case, verdict: Verdict, now: datetime) -> None:
    await session.execute(
        insert(Failure)
        .values(
            case_id=case.id,
            customer_id=case.customer_id,
            partner=verdict.partner,
            link=verdict.link,
            reason=verdict.reason,
            item=verdict.item,
            at=now,
        )
        .on_conflict_do_nothing()
    )


async def _carry_out(
    session: AsyncSession, case: Case, situation: Situation, plan: Plan, house: House, now: datetime
) -> None:
    verdict = situation.verdict
    plan = await _within_stops(session, case, plan)
    earlier = find_recurrence(situation.earlier, verdict) if verdict.state is State.BROKEN else None
    if plan.remedy:
        await plan_remedy(session, case, house, plan.remedy, verdict, actor=None, now=now)
    if plan.request:
        await plan_request(session, case, house, verdict, earlier, actor=None, now=now)
    if earlier is not None:
        await recurrence.take_up(session, case, verdict, earlier, now=now)
    if verdict.state is State.BROKEN:
        await recurrence.join_open_problem(session, case, verdict, now=now)
    if plan.arrived:
        await settle_promises(session, case.id, ["arrival"], PromiseOutcome.KEPT, now=now)
    await _call_owner(session, case, plan, now)
    await _tell_customer(session, case, situation, plan, earlier, house, now)
    if plan.trace_again_at is not None:
        await plan_work(session, WorkKind.TRACE, case.id, plan.trace_again_at, case_id=case.id, now=now)


async def _within_stops(session: AsyncSession, case: Case, plan: Plan) -> Plan:
    """A person's stop is obeyed in the transaction that would act."""
    less: dict[str, Any] = {}
    if plan.remedy and await is_stopped(session, Rule.REMEDY, case):
        less["remedy"] = None
    if plan.request and await is_stopped(session, Rule.REQUEST, case):
        less["request"] = False
    return plan.model_copy(update=less)


async def _call_owner(session: AsyncSession, case: Case, plan: Plan, now: datetime) -> None:
    """Once per reason: the timeline says why a person is needed, and the owner's list puts the case first."""
    if plan.call is None or await has_entry(session, case.id, "call", plan.call):
        return
    await record_entry(session, case.id, AUTOMATION, "call", plan.call, now=now)


async def _tell_customer(
    session: AsyncSession,
    case: Case,
    situation: Situation,
    plan: Plan,
    earlier: Episode | None,
    house: House,
    now: datetime,
) -> None:
    """The one automatic message, after the first trace. Not where a person was asked for, and never twice."""
    if plan.promise is None and plan.call is None:
        return
    if await _has_mail(session, case.id) or await is_stopped(session, Rule.FIRST_MESSAGE, case):
        return
    playbook, verdict = situation.playbook, situation.verdict
    item = house.to_item_name(verdict.item)
    promise = await make_promise(session, case, playbook, plan.promise or "news", item, now=now)
    envelope = await get_envelope(session, house, case, verdict.item, now)
    known = to_known(await list_facts(session, case.id))
    sentence = to_sentence(verdict, playbook, case.language, {"item": item})
    letter = to_first_message(envelope, known, sentence, plan, (promise.text, promise.due_at), earlier)
    await plan_mail(session, house, case, letter, author=None, now=now)
    await record_decision(
        session,
        Rule.FIRST_MESSAGE,
        "sent",
        "the first trace is done and nobody has written yet",
        now=now,
        case_id=case.id,
        verdict=verdict.model_dump(mode="json"),
        plan=plan.model_dump(mode="json"),
    )


async def _has_mail(session: AsyncSession, case_id: int) -> bool:
    sent = sa.select(sa.literal(1)).where(
        col(Effect.case_id) == case_id, col(Effect.kind) == EffectKind.MAIL, col(Effect.party) == CUSTOMER
    )
    return await is_there(session, sent)
