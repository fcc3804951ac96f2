"""What is due, what goes out, what partners told: the queue is in these rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from hub.tables import columns as c


class WorkKind(StrEnum):
    UNDERSTAND = "understand"  # a raw mail
    TRACE = "trace"  # a case
    PARTNER_EVENT = "partner_event"
    READ_REQUEST = "read_request"
    POLL = "poll"  # a partner's change feed
    ROUTINE = "routine"  # what comes round by the clock


class Work(SQLModel, table=True):
    """One thing to do when `due_at` comes. Free to claim when not leased. Done rows are kept for the record.

    Planned again while it runs, it comes round once more at `again_at`.
    """

    __tablename__ = "work"
    __table_args__ = (
        c.only_one("one_waiting_work_a_key", "key", where="done_at is null"),
        sa.Index("work_due", "due_at", postgresql_where=sa.text("done_at is null")),
    )

    id: int = c.key()
    kind: WorkKind = c.word(WorkKind)
    key: str
    case_id: int | None = c.to("case.id", optional=True)
    payload: dict[str, Any] = c.json()
    created_at: datetime = c.at()
    due_at: datetime = c.at()
    leased_until: datetime | None = c.at(optional=True)
    leased_by: int | None = None
    attempts: int = 0
    again_at: datetime | None = c.at(optional=True)
    done_at: datetime | None = c.at(optional=True)
    trouble: str = ""


class EffectKind(StrEnum):
    MAIL = "mail"
    REMEDY = "remedy"
    OPEN_REQUEST = "open_request"
    UPDATE_REQUEST = "update_request"


class EffectState(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"  # given away: until an answer comes nobody knows; read back before anything else
    DONE = "done"
    PENDING = "pending"  # the partner took it and is not through
    REFUSED = "refused"
    UNKNOWN = "unknown"  # goes to a person
    WITHDRAWN = "withdrawn"


class Effect(SQLModel, table=True):
    """Every effect outside is a row first. `key` is ours and the same for every try.

    A mail names `recipient` and the digest of its words: the same text never goes twice to the same person, and a
    case has at most one automatic mail to its customer.
    """

    __tablename__ = "effect"
    __table_args__ = (
        c.only_one("one_automatic_mail_a_case", "case_id", where="automatic and kind = 'mail' and party = 'customer'"),
        c.only_one(
            "never_the_same_text_twice",
            "recipient",
            "text_digest",
            where="kind in ('mail', 'update_request') and state <> 'withdrawn'",
        ),
        sa.Index("effect_due", "due_at", postgresql_where=sa.text("state in ('planned', 'sending', 'pending')")),
    )

    id: int = c.key()
    kind: EffectKind = c.word(EffectKind)
    key: str = Field(unique=True)
    case_id: int = c.to("case.id")
    party: str = ""
    recipient: str = ""
    text_digest: str = ""
    automatic: bool = False
    request_id: int | None = c.to("request.id", optional=True)
    message_id: int | None = c.to("message.id", optional=True)
    person_id: int | None = c.to("person.id", optional=True)
    payload: dict[str, Any] = c.json()
    state: EffectState = c.word(EffectState, EffectState.PLANNED)
    created_at: datetime = c.at()
    due_at: datetime = c.at()
    leased_until: datetime | None = c.at(optional=True)
    leased_by: int | None = None
    first_sent_at: datetime | None = c.at(optional=True)
    attempts: int = 0
    result: dict[str, Any] = c.json()
    trouble: str = ""
    settled_at: datetime | None = c.at(optional=True)


class PartnerEvent(SQLModel, table=True):
    """The inbox of what partners tell, pushed or pulled: stored raw, once per the partner's own id."""

    __tablename__ = "partner_event"
    __table_args__ = (c.only_one("one_event_an_id", "partner", "dedupe_id"),)

    id: int = c.key()
    partner: str
    dedupe_id: str
    event: dict[str, Any] = c.json()
    raw: bytes = Field(default=b"", sa_type=sa.LargeBinary)
    pushed: bool = False
    received_at: datetime = c.at()
    handled_at: datetime | None = c.at(optional=True)


class PartnerState(SQLModel, table=True):
    """Per partner: where its change feed was read to, and how it is doing."""

    __tablename__ = "partner_state"

    partner: str = Field(primary_key=True)
    cursor: str | None = None
    polled_at: datetime | None = c.at(optional=True)
    ok_at: datetime | None = c.at(optional=True)
    down_since: datetime | None = c.at(optional=True)
    trouble: str = ""


class Verdict(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"


class Decision(SQLModel, table=True):
    """One act or proposal of the automation, with why, and what a person said of it."""

    __tablename__ = "decision"
    __table_args__ = (c.check("(verdict is null) = (judged_at is null)", "decision_judged"),)

    id: int = c.key()
    case_id: int | None = c.to("case.id", optional=True)
    rule: str = Field(index=True)
    outcome: str
    reason: str
    inputs: dict[str, Any] = c.json()
    at: datetime = c.at()
    verdict: Verdict | None = c.word(Verdict, optional=True)
    verdict_note: str = ""
    judge_id: int | None = c.to("person.id", optional=True)
    judged_at: datetime | None = c.at(optional=True)


class Stop(SQLModel, table=True):
    """A person stopped all automation (`rule` is null) or one rule, until `lifted_at`."""

    __tablename__ = "stop"

    id: int = c.key()
    rule: str | None = None
    stopped_at: datetime = c.at()
    stopped_by: int = c.to("person.id")
    why: str = ""
    lifted_at: datetime | None = c.at(optional=True)
