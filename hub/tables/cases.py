"""The case and what hangs on it. Everything else about a case is derived from these rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from hub.ports import LinkStatus, RequestStatus
from hub.tables import columns as c


class Case(SQLModel, table=True):
    """One matter of one customer. `owner_id` is never null: a case has an owner from its first transaction on.

    Open is `solved_at is null`. `stopped_at` says that automation is off on this case, and `stopped_why` why.
    """

    __tablename__ = "case"
    __table_args__ = (c.check("(stopped_at is null) = (stopped_why = '')", "case_stop_has_reason"),)

    id: int = c.key()
    number: int = Field(
        default=None,
        unique=True,
        sa_type=sa.BigInteger,
        sa_column_kwargs={"server_default": sa.text("nextval('case_number')")},
    )
    customer_id: int = c.to("customer.id")
    owner_id: int = c.to("person.id")
    playbook: str
    subject: str
    language: str
    opened_at: datetime = c.at(index=True)
    solved_at: datetime | None = c.at(optional=True)
    stopped_at: datetime | None = c.at(optional=True)
    stopped_why: str = ""
    previous_id: int | None = c.to("case.id", optional=True)
    problem_id: int | None = c.to("problem.id", optional=True)
    imported: bool = False


class ActorKind(StrEnum):
    CUSTOMER = "customer"
    PARTNER = "partner"
    PERSON = "person"
    AUTOMATION = "automation"


class Entry(SQLModel, table=True):
    """One line of a case's timeline: who did what, and why. Append-only, by a trigger."""

    __tablename__ = "entry"

    id: int = c.key()
    case_id: int = c.to("case.id")
    at: datetime = c.at()
    actor_kind: ActorKind = c.word(ActorKind)
    actor: str = ""
    kind: str
    text: str = ""
    data: dict[str, Any] = c.json()


class FactSource(StrEnum):
    MESSAGE = "message"
    PARTNER = "partner"
    PERSON = "person"


class Fact(SQLModel, table=True):
    """A thing known, and where from. `start`..`end` is its span in the message's subject, two newlines and text.

    A later statement supersedes an earlier one and keeps it: `superseded_at`.
    """

    __tablename__ = "fact"
    __table_args__ = (
        c.only_one("one_fact_a_message", "case_id", "key", "value", "message_id", where="message_id is not null"),
        c.check("(source = 'message') = (message_id is not null)", "fact_source_message"),
    )

    id: int = c.key()
    case_id: int = c.to("case.id")
    key: str
    value: str
    source: FactSource = c.word(FactSource)
    message_id: int | None = c.to("message.id", optional=True)
    start: int | None = None
    end: int | None = None
    quote: str = ""
    source_name: str = ""
    at: datetime = c.at()
    superseded_at: datetime | None = c.at(optional=True)


class Trace(SQLModel, table=True):
    """All links of one case asked at once. `verdict` is hub.chain.Verdict as JSON."""

    __tablename__ = "trace"

    id: int = c.key()
    case_id: int = c.to("case.id")
    at: datetime = c.at()
    item: str | None = None
    verdict: dict[str, Any] = c.json()


class ObservationRow(SQLModel, table=True):
    __tablename__ = "observation"

    id: int = c.key()
    trace_id: int = c.to("trace.id")
    case_id: int = c.to("case.id")
    partner: str
    link: str
    status: LinkStatus = c.word(LinkStatus)
    reason: str = ""
    partner_status: str = ""
    item: str | None = None
    since: datetime | None = c.at(optional=True)
    at: datetime = c.at()
    evidence: dict[str, Any] = c.json()


class Failure(SQLModel, table=True):
    """A link found broken for a case: counted once a case, link and reason. What the watch for recurrence reads."""

    __tablename__ = "failure"
    __table_args__ = (
        c.only_one("one_failure_a_case", "case_id", "link", "reason"),
        sa.Index("failure_by_customer", "customer_id", "link", "at"),
        sa.Index("failure_by_cause", "partner", "link", "reason", "at"),
    )

    id: int = c.key()
    case_id: int = c.to("case.id")
    customer_id: int = c.to("customer.id", index=False)
    partner: str
    link: str
    reason: str
    item: str | None = None
    at: datetime = c.at()


class Request(SQLModel, table=True):
    """Our ticket at a partner's desk. `ref` is theirs, null until the partner has answered."""

    __tablename__ = "request"
    __table_args__ = (
        c.only_one("one_request_a_ref", "partner", "ref", where="ref is not null"),
        c.only_one("one_request_a_purpose", "case_id", "partner", "purpose"),
    )

    id: int = c.key()
    case_id: int = c.to("case.id")
    partner: str
    purpose: str
    key: str = Field(unique=True)
    ref: str | None = None
    subject: str
    status: RequestStatus = c.word(RequestStatus, RequestStatus.OPEN)
    opened_at: datetime = c.at()
    updated_at: datetime = c.at()


class PromiseOutcome(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


class Promise(SQLModel, table=True):
    """What we told the customer would happen by when, and who keeps it."""

    __tablename__ = "promise"
    __table_args__ = (
        c.check("(outcome is null) = (settled_at is null)", "promise_settled"),
        c.only_one("one_open_promise_a_kind", "case_id", "kind", where="outcome is null"),
    )

    id: int = c.key()
    case_id: int = c.to("case.id")
    kind: str
    text: str
    keeper_id: int = c.to("person.id")
    made_at: datetime = c.at()
    due_at: datetime = c.at(index=True)
    outcome: PromiseOutcome | None = c.word(PromiseOutcome, optional=True)
    settled_at: datetime | None = c.at(optional=True)


class Problem(SQLModel, table=True):
    """The cause behind recurring failures, owned by a person. One open problem a (partner, link, reason)."""

    __tablename__ = "problem"
    __table_args__ = (
        c.only_one("one_open_problem_a_cause", "partner", "link", "reason", where="closed_at is null"),
        c.check("closed_at is null or proof <> ''", "problem_closes_only_on_proof"),
    )

    id: int = c.key()
    number: int = Field(
        default=None,
        unique=True,
        sa_type=sa.BigInteger,
        sa_column_kwargs={"server_default": sa.text("nextval('problem_number')")},
    )
    partner: str
    link: str
    reason: str
    owner_id: int = c.to("person.id")
    opened_at: datetime = c.at()
    opened_why: str = ""
    cause: str = ""
    fixed_at: datetime | None = c.at(optional=True)
    closed_at: datetime | None = c.at(optional=True)
    proof: str = ""


class Feedback(SQLModel, table=True):
    __tablename__ = "feedback"
    __table_args__ = (c.check("score between 0 and 10", "feedback_score"),)

    id: int = c.key()
    case_id: int = Field(foreign_key="case.id", unique=True, sa_type=sa.BigInteger)
    score: int
    text: str = ""
    at: datetime = c.at()
