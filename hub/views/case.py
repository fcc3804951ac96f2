"""One case, whole: what its owner sees."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.cases import get_case_by_number
from hub.customers import list_addresses
from hub.house import House
from hub.tables import (
    Case,
    Customer,
    Decision,
    Effect,
    EffectKind,
    EffectState,
    Entry,
    Fact,
    Failure,
    Feedback,
    Message,
    Person,
    Problem,
    Promise,
    Request,
)
from hub.views.case_values import (
    CaseView,
    CustomerView,
    DecisionView,
    EarlierCase,
    EffectView,
    EntryView,
    FactView,
    MessageView,
    PromiseView,
    RequestView,
)
from hub.views.trace import find_trace_view
from hub.views.values import to_person_ref, to_problem_ref, to_status, to_value


async def get_case_view(session: AsyncSession, number: int, house: House, now: datetime) -> CaseView:
    case = await get_case_by_number(session, number)
    problem = await session.get(Problem, case.problem_id) if case.problem_id else None
    return to_value(
        CaseView,
        case,
        status=to_status(case),
        owner=to_person_ref(await session.get_one(Person, case.owner_id)),
        customer=await _customer(session, case.customer_id),
        facts=await _facts(session, case.id),
        trace=await find_trace_view(session, case, house),
        messages=tuple(to_message_view(m) for m in await _of(session, Message, case.id, col(Message.at))),
        requests=tuple(to_value(RequestView, r) for r in await _of(session, Request, case.id)),
        effects=tuple(to_effect_view(e) for e in await _of(session, Effect, case.id)),
        promises=await _promises(session, case.id, now),
        problem=to_problem_ref(problem) if problem else None,
        earlier_cases=await _earlier(session, case),
        decisions=await list_decisions(session, col(Decision.case_id) == case.id),
        entries=tuple(to_value(EntryView, e) for e in await _of(session, Entry, case.id, col(Entry.at))),
        feedback_score=await session.scalar(sa.select(col(Feedback.score)).where(col(Feedback.case_id) == case.id)),
    )


async def _of(session: AsyncSession, table: Any, case_id: int, *order: Any) -> list[Any]:
    mine = sa.select(table).where(col(table.case_id) == case_id)
    return list(await session.scalars(mine.order_by(*order, col(table.id))))


async def _customer(session: AsyncSession, customer_id: int) -> CustomerView:
    customer = await session.get_one(Customer, customer_id)
    return to_value(CustomerView, customer, addresses=tuple(await list_addresses(session, customer_id)))


async def _facts(session: AsyncSession, case_id: int) -> tuple[FactView, ...]:
    facts = await _of(session, Fact, case_id)
    return tuple(to_value(FactView, f, superseded=f.superseded_at is not None) for f in facts)


def to_message_view(message: Message) -> MessageView:
    names = tuple(str(a.get("name") or a.get("filename") or "") for a in message.attachments)
    return to_value(MessageView, message, attachments=names, problems=tuple(message.problems))


def to_effect_view(effect: Effect) -> EffectView:
    return to_value(EffectView, effect, remedy=_remedy_kind(effect))


def _remedy_kind(effect: Effect) -> str:
    return str(effect.payload.get("kind", "")) if effect.kind is EffectKind.REMEDY else ""


async def _promises(session: AsyncSession, case_id: int, now: datetime) -> tuple[PromiseView, ...]:
    made = sa.select(Promise, col(Person.name)).join(Person, col(Person.id) == col(Promise.keeper_id))
    rows = await session.execute(made.where(col(Promise.case_id) == case_id).order_by(col(Promise.id)))
    return tuple(
        to_value(PromiseView, p, keeper=keeper, is_late=p.outcome is None and p.due_at < now) for p, keeper in rows
    )


async def _earlier(session: AsyncSession, case: Case) -> tuple[EarlierCase, ...]:
    before = (
        sa.select(Case, col(Person.name))
        .join(Person, col(Person.id) == col(Case.owner_id))
        .where(col(Case.customer_id) == case.customer_id, col(Case.id) != case.id)
        .where(col(Case.opened_at) <= case.opened_at)
        .order_by(col(Case.opened_at).desc(), col(Case.id).desc())
        .limit(20)
    )
    return tuple([await _to_earlier(session, c, owner) for c, owner in (await session.execute(before)).all()])


async def _to_earlier(session: AsyncSession, case: Case, owner_name: str) -> EarlierCase:
    mine = sa.select(Failure).where(col(Failure.case_id) == case.id).order_by(col(Failure.at)).limit(1)
    failure = await session.scalar(mine)
    done = [col(Effect.kind) == EffectKind.REMEDY, col(Effect.state) == EffectState.DONE]
    effects = await session.scalars(sa.select(Effect).where(col(Effect.case_id) == case.id, *done))
    words = [col(Entry.kind).in_(["solved", "replied", "note"]), col(Entry.text) != ""]
    last = sa.select(col(Entry.text)).where(col(Entry.case_id) == case.id, *words).order_by(col(Entry.id).desc())
    ended = await session.scalar(last.limit(1))
    return to_value(
        EarlierCase,
        case,
        status=to_status(case),
        owner_name=owner_name,
        link=failure.link if failure else "",
        reason=failure.reason if failure else "",
        item=failure.item if failure else None,
        remedies=tuple(dict.fromkeys(_remedy_kind(e) for e in effects)),
        ended=ended or "",
    )


async def list_decisions(
    session: AsyncSession, *wanted: sa.ColumnElement[bool], limit: int = 200
) -> tuple[DecisionView, ...]:
    """Newest first."""
    query = (
        sa.select(Decision, col(Person.name), col(Case.number))
        .outerjoin(Person, col(Person.id) == col(Decision.judge_id))
        .outerjoin(Case, col(Case.id) == col(Decision.case_id))
    )
    rows = await session.execute(query.where(*wanted).order_by(col(Decision.id).desc()).limit(limit))
    return tuple(
        to_value(DecisionView, decision, judge=judge or "", case_number=number) for decision, judge, number in rows
    )
