"""The values of the unified case: everything that is known of it, in one answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from hub.chain import Verdict
from hub.playbooks import Texts
from hub.ports import LinkStatus, RequestStatus, Value
from hub.tables import ActorKind, Direction, EffectKind, EffectState, FactSource, PromiseOutcome
from hub.tables import Verdict as Judgement
from hub.views.values import CaseStatus, PersonRef, ProblemRef


class CustomerView(Value):
    name: str
    language: str
    phone: str
    addresses: tuple[str, ...]


class FactView(Value):
    """`start`..`end` is the span in the message's subject, two newlines and text."""

    key: str
    value: str
    source: FactSource
    source_name: str
    message_id: int | None
    start: int | None
    end: int | None
    quote: str
    at: datetime
    superseded: bool


class LinkView(Value):
    """One link of the chain as last observed; `at` is None where it has not been asked."""

    id: str
    title: Texts
    partner: str
    status: LinkStatus
    reason: str = ""
    partner_status: str = ""
    since: datetime | None = None
    at: datetime | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)


class TraceView(Value):
    at: datetime
    item: str | None
    item_name: str
    verdict: Verdict
    sentence: Texts
    links: tuple[LinkView, ...]


class MessageView(Value):
    """`reply` is the new part of `text`; empty where they are the same. `party` is whom the talk is with: customer or
    a partner. `held` waits for the owner: it came from an unexpected sender."""

    id: int
    direction: Direction
    author_kind: ActorKind
    author: str
    author_address: str
    party: str
    kind: str
    subject: str
    reply: str
    text: str
    attachments: tuple[str, ...]
    problems: tuple[str, ...]
    held: bool
    at: datetime


class RequestView(Value):
    partner: str
    ref: str | None
    status: RequestStatus
    subject: str
    opened_at: datetime
    updated_at: datetime


class EffectView(Value):
    """`remedy` is its kind, where the effect is one; `message_id` what it carries, where it is mail or a comment."""

    id: int
    kind: EffectKind
    message_id: int | None
    party: str
    recipient: str
    remedy: str
    automatic: bool
    state: EffectState
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
    attempts: int
    trouble: str
    result: dict[str, Any]


class PromiseView(Value):
    kind: str
    text: str
    keeper: str
    made_at: datetime
    due_at: datetime
    outcome: PromiseOutcome | None
    settled_at: datetime | None
    is_late: bool


class EarlierCase(Value):
    """`link` and `reason` are of its first failure, empty where none was found; `ended` is the last that a person
    wrote in it."""

    number: int
    subject: str
    status: CaseStatus
    opened_at: datetime
    solved_at: datetime | None
    owner_name: str
    link: str
    reason: str
    item: str | None
    remedies: tuple[str, ...]
    ended: str


class DecisionView(Value):
    id: int
    rule: str
    outcome: str
    reason: str
    inputs: dict[str, Any]
    at: datetime
    verdict: Judgement | None
    verdict_note: str
    judge: str
    case_number: int | None = None


class EntryView(Value):
    at: datetime
    actor_kind: ActorKind
    actor: str
    kind: str
    text: str
    data: dict[str, Any]


class CaseView(Value):
    id: int
    number: int
    subject: str
    status: CaseStatus
    language: str
    playbook: str
    opened_at: datetime
    solved_at: datetime | None
    stopped_at: datetime | None
    stopped_why: str
    imported: bool
    owner: PersonRef
    customer: CustomerView
    facts: tuple[FactView, ...]
    trace: TraceView | None
    messages: tuple[MessageView, ...]
    requests: tuple[RequestView, ...]
    effects: tuple[EffectView, ...]
    promises: tuple[PromiseView, ...]
    problem: ProblemRef | None
    earlier_cases: tuple[EarlierCase, ...]
    decisions: tuple[DecisionView, ...]
    entries: tuple[EntryView, ...]
    feedback_score: int | None
