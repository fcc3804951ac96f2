"""What several views show of the same things."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from hub.ports import Value
from hub.tables import Case, Person, Problem

V = TypeVar("V", bound=Value)
CUSTOMER = "customer"  # Message.party and Effect.party


class CaseStatus(StrEnum):
    OPEN = "open"
    SOLVED = "solved"


class PersonRef(Value):
    id: int
    name: str
    email: str
    present: bool


class CaseRef(Value):
    number: int
    subject: str
    status: CaseStatus
    opened_at: datetime


class ProblemRef(Value):
    """`cause` is empty until a person has written it."""

    number: int
    partner: str
    link: str
    reason: str
    cause: str
    opened_at: datetime
    fixed_at: datetime | None
    closed_at: datetime | None


def to_value(kind: type[V], row: Any, **more: Any) -> V:
    """The fields of `kind` from the same names of `row`; those of `more` instead where given."""
    return kind(**{name: getattr(row, name) for name in kind.model_fields.keys() - more.keys()}, **more)


def to_person_ref(person: Person) -> PersonRef:
    return to_value(PersonRef, person)


def to_problem_ref(problem: Problem) -> ProblemRef:
    return to_value(ProblemRef, problem)


def to_status(case: Case) -> CaseStatus:
    return CaseStatus.OPEN if case.solved_at is None else CaseStatus.SOLVED


def to_case_ref(case: Case) -> CaseRef:
    return to_value(CaseRef, case, status=to_status(case))
