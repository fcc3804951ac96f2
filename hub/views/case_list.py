"""The list of cases: what needs its owner first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.chain import Verdict
from hub.ports import LinkStatus, Value
from hub.tables import (
    ActorKind,
    Case,
    Customer,
    CustomerAddress,
    Direction,
    Entry,
    Fact,
    Message,
    ObservationRow,
    Person,
    Problem,
    Promise,
    PromiseOutcome,
    Trace,
)
from hub.views.values import CUSTOMER, CaseStatus, PersonRef, to_person_ref, to_status


class CaseFilter(Value):
    """`customer` is an address or a part of a name; `q` is looked for in the number, the subject, what was said and
    what is known. `after` is the number of the last case of the page before."""

    owner_id: int | None = None
    customer: str | None = None
    status: CaseStatus | None = None
    q: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
    after: int | None = None


class CaseRow(Value):
    """`awaits_reply` when the customer said the last word. `promise_broken` when no person has written to the
    customer since. `due_at` is the nearest open promise's time. `call` is why the owner was last called since then.
    `we_wrote_at` counts the automation's message too. `links` are as the newest trace saw them."""

    number: int
    subject: str
    status: CaseStatus
    language: str
    playbook: str
    customer_name: str
    customer_address: str
    owner: PersonRef
    verdict: Verdict | None
    promise_broken: bool
    due_at: datetime | None
    awaits_reply: bool
    has_held_message: bool
    is_recurring: bool
    is_stopped: bool
    problem_number: int | None
    opened_at: datetime
    solved_at: datetime | None
    last_message_at: datetime | None
    customer_wrote_at: datetime | None
    we_wrote_at: datetime | None
    partner_wrote_at: datetime | None
    call: str
    links: dict[str, LinkStatus]


async def list_cases(session: AsyncSession, wanted: CaseFilter) -> list[CaseRow]:
    """Open before solved; then broken promises, the nearest open promise, what awaits a reply, the oldest.
    Solved cases stand newest first."""
    ranked = _ranked(wanted).cte("ranked")
    query = (
        sa.select(Case, Customer, Person, ranked, _address(), _verdict(), _problem_number(), *_last_words())
        .join(ranked, ranked.c.case_id == col(Case.id))
        .join(Customer, col(Customer.id) == col(Case.customer_id))
        .join(Person, col(Person.id) == col(Case.owner_id))
        .order_by(ranked.c.place)
        .limit(wanted.limit)
    )
    if wanted.after is not None:
        last = sa.select(ranked.c.place).where(ranked.c.number == wanted.after).scalar_subquery()
        query = query.where(ranked.c.place > last)
    return [_to_row(row) for row in (await session.execute(query)).mappings()]


def _to_row(row: sa.RowMapping) -> CaseRow:
    case, customer = row["Case"], row["Customer"]
    return CaseRow(
        **{k: getattr(case, k) for k in ("number", "subject", "language", "playbook", "opened_at", "solved_at")},
        status=to_status(case),
        customer_name=customer.name,
        customer_address=row["address"] or "",
        owner=to_person_ref(row["Person"]),
        verdict=Verdict.model_validate(row["verdict"]) if row["verdict"] else None,
        **{k: row[k] for k in ("promise_broken", "due_at", "awaits_reply", "has_held_message", "last_message_at")},
        is_recurring=case.previous_id is not None,
        is_stopped=case.stopped_at is not None,
        problem_number=row["problem_number"],
        **{k: row[k] for k in ("customer_wrote_at", "we_wrote_at", "partner_wrote_at")},
        call=row["call"] or "",
        links=row["links"] or {},
    )


def _ranked(wanted: CaseFilter) -> sa.Select[Any]:
    signs: sa.Select[Any] = sa.select(
        col(Case.id).label("case_id"),
        col(Case.number).label("number"),
        col(Case.opened_at).label("opened_at"),
        col(Case.solved_at).label("solved_at"),
        _broken().label("promise_broken"),
        _due_at().label("due_at"),
        _awaits_reply().label("awaits_reply"),
        _held().label("has_held_message"),
        sa.select(sa.func.max(Message.at)).where(_of_case(Message)).scalar_subquery().label("last_message_at"),
    )
    found = signs.where(*_conditions(wanted)).subquery("signs")
    order = [
        found.c.solved_at.desc().nulls_first(),
        found.c.promise_broken.desc(),
        found.c.due_at.asc().nulls_last(),
        found.c.awaits_reply.desc(),
        found.c.opened_at.asc(),
        found.c.case_id.asc(),
    ]
    return sa.select(found, sa.func.row_number().over(order_by=order).label("place"))


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.owner_id is not None:
        found.append(col(Case.owner_id) == wanted.owner_id)
    if wanted.status is not None:
        found.append(col(Case.solved_at).is_(None) == (wanted.status is CaseStatus.OPEN))
    if wanted.customer:
        found.append(col(Case.customer_id).in_(_customers(wanted.customer)))
    if wanted.q:
        found.append(_says(wanted.q.strip()))
    return found


def _customers(text: str) -> sa.Select[Any]:
    """By a whole address, or by a part of a name."""
    text = text.strip()
    addresses = sa.select(col(CustomerAddress.customer_id)).where(col(CustomerAddress.address) == text.lower())
    named = col(Customer.name).icontains(text, autoescape=True)
    return sa.select(col(Customer.id)).where(sa.or_(col(Customer.id).in_(addresses), named))


def _says(text: str) -> sa.ColumnElement[bool]:
    said = sa.or_(*(col(c).icontains(text, autoescape=True) for c in (Message.subject, Message.text)))
    known = col(Fact.value).icontains(text, autoescape=True)
    number = text.lstrip("#")
    return sa.or_(
        col(Case.number) == (int(number) if number.isdecimal() and len(number) < 18 else -1),
        col(Case.subject).icontains(text, autoescape=True),
        sa.exists().where(_of_case(Message), said),
        sa.exists().where(_of_case(Fact), col(Fact.superseded_at).is_(None), known),
        col(Case.customer_id).in_(_customers(text)),
    )


def _of_case(table: type[Message] | type[Fact] | type[Promise] | type[Entry]) -> sa.ColumnElement[bool]:
    return col(table.case_id) == col(Case.id)


def _last_word() -> sa.ScalarSelect[Any]:
    """When a person last wrote to the customer."""
    ours = [col(Message.direction) == Direction.OUTBOUND, col(Message.author_kind) == ActorKind.PERSON]
    written = sa.select(sa.func.max(Message.at)).where(_of_case(Message), *ours, col(Message.party) == CUSTOMER)
    return written.correlate(Case).scalar_subquery()


def _since_last_word(at: Any) -> sa.ColumnElement[bool]:
    return sa.or_(_last_word().is_(None), at > _last_word())


def _broken() -> sa.ColumnElement[bool]:
    is_broken = col(Promise.outcome) == PromiseOutcome.BROKEN
    return sa.exists().where(_of_case(Promise), is_broken, _since_last_word(Promise.settled_at)).correlate(Case)


def _due_at() -> sa.ScalarSelect[Any]:
    standing = sa.select(sa.func.min(Promise.due_at)).where(_of_case(Promise), col(Promise.outcome).is_(None))
    return standing.correlate(Case).scalar_subquery()


def _awaits_reply() -> sa.ColumnElement[bool]:
    theirs = [col(Message.direction) == Direction.INBOUND, col(Message.party) == CUSTOMER]
    by_person = col(Message.author_kind) == ActorKind.CUSTOMER
    return sa.exists().where(_of_case(Message), *theirs, by_person, _since_last_word(Message.at)).correlate(Case)


def _held() -> sa.ColumnElement[bool]:
    return sa.exists().where(_of_case(Message), col(Message.held)).correlate(Case)


def _last_words() -> tuple[sa.Label[Any], ...]:
    """Who spoke last and when, why the owner was called since, and how each link looked."""
    ours = [col(Message.direction) == Direction.OUTBOUND, col(Message.party) == CUSTOMER]
    return (
        _latest(col(Message.author_kind) == ActorKind.CUSTOMER, col(Message.held).is_(False)).label(
            "customer_wrote_at"
        ),
        _latest(*ours).label("we_wrote_at"),
        _latest(col(Message.author_kind) == ActorKind.PARTNER).label("partner_wrote_at"),
        _call(),
        _links(),
    )


def _latest(*which: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    said = sa.select(sa.func.max(Message.at)).where(_of_case(Message), *which)
    return said.correlate(Case).scalar_subquery()


def _call() -> sa.Label[Any]:
    called = sa.select(col(Entry.text)).where(_of_case(Entry), col(Entry.kind) == "call", _since_last_word(Entry.at))
    return called.order_by(col(Entry.id).desc()).limit(1).correlate(Case).scalar_subquery().label("call")


def _links() -> sa.Label[Any]:
    newest = sa.select(sa.func.max(Trace.id)).where(col(Trace.case_id) == col(Case.id)).correlate(Case)
    seen = sa.func.jsonb_object_agg(ObservationRow.link, ObservationRow.status)
    observed = sa.select(seen).where(col(ObservationRow.trace_id) == newest.scalar_subquery())
    return observed.correlate(Case).scalar_subquery().label("links")


def _address() -> sa.Label[str | None]:
    first = sa.select(col(CustomerAddress.address)).where(col(CustomerAddress.customer_id) == col(Case.customer_id))
    return first.order_by(col(CustomerAddress.id)).limit(1).correlate(Case).scalar_subquery().label("address")


def _verdict() -> sa.Label[Any]:
    newest = sa.select(col(Trace.verdict)).where(col(Trace.case_id) == col(Case.id))
    return newest.order_by(col(Trace.id).desc()).limit(1).correlate(Case).scalar_subquery().label("verdict")


def _problem_number() -> sa.Label[int | None]:
    number = sa.select(col(Problem.number)).where(col(Problem.id) == col(Case.problem_id))
    return number.correlate(Case).scalar_subquery().label("problem_number")
