"""Problems: the causes behind recurring failures, with the cases that each explains."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.errors import NotFound
from hub.ports import Value
from hub.tables import Case, Customer, Failure, Person, Problem
from hub.views.values import CaseRef, PersonRef, to_case_ref, to_person_ref, to_value


class ProblemRow(Value):
    number: int
    partner: str
    link: str
    reason: str
    owner: PersonRef
    cause: str
    opened_at: datetime
    fixed_at: datetime | None
    closed_at: datetime | None
    case_count: int
    customer_count: int
    last_case_at: datetime | None


class ProblemView(ProblemRow):
    id: int
    opened_why: str
    proof: str
    cases: tuple[CaseRef, ...]


P = TypeVar("P", bound=ProblemRow)


async def list_problems(session: AsyncSession, *, is_open: bool | None = None) -> list[ProblemRow]:
    """Open before closed, the one with most cases first."""
    counts = _counts()
    query = sa.select(Problem, Person, counts).join(Person, col(Person.id) == col(Problem.owner_id))
    query = query.outerjoin(counts, counts.c.problem_id == col(Problem.id))
    if is_open is not None:
        query = query.where(col(Problem.closed_at).is_(None) == is_open)
    order = (col(Problem.closed_at).desc().nulls_first(), counts.c.case_count.desc().nulls_last(), col(Problem.id))
    return [_to_row(ProblemRow, row) for row in (await session.execute(query.order_by(*order))).mappings()]


async def get_problem_view(session: AsyncSession, number: int) -> ProblemView:
    counts = _counts()
    query = sa.select(Problem, Person, counts).join(Person, col(Person.id) == col(Problem.owner_id))
    query = query.outerjoin(counts, counts.c.problem_id == col(Problem.id)).where(col(Problem.number) == number)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no problem {number}")
    cases = sa.select(Case).where(col(Case.problem_id) == row["Problem"].id).order_by(col(Case.opened_at).desc())
    return _to_row(ProblemView, row, cases=tuple(to_case_ref(c) for c in await session.scalars(cases)))


def _counts() -> sa.Subquery:
    return (
        sa.select(
            col(Case.problem_id).label("problem_id"),
            sa.func.count().label("case_count"),
            sa.func.count(sa.distinct(col(Customer.id))).label("customer_count"),
            sa.func.max(Case.opened_at).label("last_case_at"),
        )
        .join(Customer, col(Customer.id) == col(Case.customer_id))
        .where(col(Case.problem_id).is_not(None))
        .group_by(col(Case.problem_id))
        .subquery("counts")
    )


def _to_row(kind: type[P], row: sa.RowMapping, **more: object) -> P:
    return to_value(
        kind,
        row["Problem"],
        owner=to_person_ref(row["Person"]),
        case_count=row["case_count"] or 0,
        customer_count=row["customer_count"] or 0,
        last_case_at=row["last_case_at"],
        **more,
    )


class Week(Value):
    """How often the failure was seen in the seven days from `start`."""

    start: date
    count: int


async def list_weeks(session: AsyncSession, problem: ProblemRow, now: datetime, *, most: int = 26) -> tuple[Week, ...]:
    """Every week up to now since the failure was first seen, also those without one; at most the last `most`."""
    week = sa.cast(sa.func.date_trunc("week", col(Failure.at)), sa.Date)
    query = (
        sa.select(week.label("start"), sa.func.count().label("count"))
        .where(col(Failure.partner) == problem.partner, col(Failure.link) == problem.link)
        .where(col(Failure.reason) == problem.reason)
        .group_by(week)
    )
    counts = {row.start: row.count for row in await session.execute(query)}
    last = now.date() - timedelta(days=now.weekday())
    first = max(min([*counts, last]), last - timedelta(weeks=most - 1))
    starts = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return tuple(Week(start=start, count=counts.get(start, 0)) for start in starts)
