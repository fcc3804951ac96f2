"""The customer's own page: where the case is, who owns it, what happens next and by when. Only what a customer may
see: no staff address, no partner's reference or evidence, no decision, nothing that was said to a partner."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.cases import get_case
from hub.house import House
from hub.ports import LinkStatus, Value
from hub.tables import ActorKind, Case, Direction, Feedback, Message, Person, Promise, PromiseOutcome
from hub.views.trace import find_trace_view
from hub.views.values import CUSTOMER, CaseStatus, to_status, to_value


class Step(Value):
    """One link of the chain in the customer's language."""

    title: str
    status: LinkStatus


class Word(Value):
    """What was said between us and the customer. `author` is empty for the customer's own words."""

    from_us: bool
    author: str
    automatic: bool
    text: str
    at: datetime


class StatusPromise(Value):
    text: str
    due_at: datetime
    outcome: PromiseOutcome | None
    is_late: bool


class StatusView(Value):
    """`sentence` is empty until a first look has been taken. `person_asked` when the automation is off."""

    number: int
    subject: str
    language: str
    status: CaseStatus
    opened_at: datetime
    solved_at: datetime | None
    owner_name: str
    sentence: str
    looked_at: datetime | None
    steps: tuple[Step, ...]
    promises: tuple[StatusPromise, ...]
    words: tuple[Word, ...]
    person_asked: bool
    feedback_score: int | None


async def get_status_view(session: AsyncSession, case_id: int, house: House, now: datetime) -> StatusView:
    case = await get_case(session, case_id)
    owner = await session.get_one(Person, case.owner_id)
    trace = await find_trace_view(session, case, house)
    links = [link for link in trace.links if link.status is not LinkStatus.NOT_ASKED] if trace else []
    return to_value(
        StatusView,
        case,
        status=to_status(case),
        owner_name=owner.name,
        sentence=trace.sentence.say(case.language) if trace else "",
        looked_at=trace.at if trace else None,
        steps=tuple(Step(title=link.title.say(case.language), status=link.status) for link in links),
        promises=await _promises(session, case, now),
        words=await _words(session, case),
        person_asked=case.stopped_at is not None,
        feedback_score=await session.scalar(sa.select(col(Feedback.score)).where(col(Feedback.case_id) == case.id)),
    )


async def _promises(session: AsyncSession, case: Case, now: datetime) -> tuple[StatusPromise, ...]:
    """Withdrawn ones are not shown: something else was promised instead."""
    shown = sa.select(Promise).where(
        col(Promise.case_id) == case.id,
        sa.or_(col(Promise.outcome).is_(None), col(Promise.outcome) != PromiseOutcome.WITHDRAWN),
    )
    rows = await session.scalars(shown.order_by(col(Promise.due_at)))
    return tuple(to_value(StatusPromise, p, is_late=p.outcome is None and p.due_at < now) for p in rows)


async def _words(session: AsyncSession, case: Case) -> tuple[Word, ...]:
    shared = sa.select(Message).where(
        col(Message.case_id) == case.id,
        col(Message.party) == CUSTOMER,
        col(Message.held).is_(False),
        col(Message.direction) != Direction.INTERNAL,
    )
    rows = await session.scalars(shared.order_by(col(Message.at), col(Message.id)))
    return tuple(_to_word(message) for message in rows)


def _to_word(message: Message) -> Word:
    from_us = message.direction is Direction.OUTBOUND
    return Word(
        from_us=from_us,
        author=message.author if from_us else "",
        automatic=message.author_kind is ActorKind.AUTOMATION,
        text=message.reply or message.text,
        at=message.at,
    )
