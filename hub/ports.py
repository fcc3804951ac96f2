"""The contract between the hub and every partner's connector: values and one protocol.

A connector implements `Connector`; where it lacks a capability it leaves it out of `supports`
and the hub never calls that method. All values are immutable and go to JSON and back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Capability(StrEnum):
    IDENTIFY = "identify"
    OBSERVE = "observe"
    REMEDIES = "remedies"
    REQUESTS = "requests"
    CHANGES = "changes"
    EVENTS = "events"
    CATALOGUE = "catalogue"


class Health(Value):
    ok: bool
    detail: str = ""


class Account(Value):
    """What the hub has learnt a customer to be at a partner: `holder` is the partner-side name of the
    person (app account token, library user), `ref` what they hold there (a subscription)."""

    partner: str
    ref: str
    holder: str = ""


class Hints(Value):
    """All that the case knows which may help a partner to find whom and what it is about.

    `emails` lower case, the stated account first. `issue` in normal form (`2026-11`, `2026-W45`,
    `2026-11-20`) or None for the latest one due at `at`. `accounts` are those already known to the hub.
    """

    emails: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    customer_number: str | None = None
    publication: str | None = None
    issue: str | None = None
    accounts: tuple[Account, ...] = ()
    at: datetime


class Ref(Value):
    """What a partner knows this by, for one link. `kind` is the partner's own noun (subscription,
    licence, holder, issue, ticket); `item` is `publication/issue`, or `publication` alone, where it is about one."""

    partner: str
    link: str
    kind: str
    id: str
    item: str | None = None


class LinkStatus(StrEnum):
    OK = "ok"
    WAITING = "waiting"  # not there yet, or issued and not yet seen to have arrived
    BROKEN = "broken"
    UNKNOWN = "unknown"  # the partner is down, or does not know this customer or item
    NOT_ASKED = "not_asked"  # this link does not apply to this case


class Observation(Value):
    """`reason` is a stable code of ours (`no_licence`, `expired`), empty when ok; `partner_status` is the
    partner's own word; `since` is when this state began or the thing happened, where the partner tells;
    `evidence` is the raw answer, scrubbed of secrets."""

    partner: str
    link: str
    status: LinkStatus
    reason: str = ""
    partner_status: str = ""
    item: str | None = None
    since: datetime | None = None
    at: datetime
    evidence: dict[str, Any] = Field(default_factory=dict)


class RemedyMode(StrEnum):
    DIRECT = "direct"
    INDIRECT = "indirect"


class Remedy(Value):
    """An act the partner can do now. `kind` is ours (redeliver, extend, refund); `parameters` are what
    `apply` needs; `limits` says in plain words what the partner allows; `blocked` why it is not possible now."""

    kind: str
    mode: RemedyMode
    ref: Ref
    parameters: dict[str, str | int] = Field(default_factory=dict)
    limits: str = ""
    blocked: str = ""


class OutcomeState(StrEnum):
    DONE = "done"
    PENDING = "pending"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Outcome(Value):
    state: OutcomeState
    detail: str = ""
    ref: str = ""
    evidence: dict[str, Any] = Field(default_factory=dict)


class RequestStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"  # the partner waits for us
    SOLVED = "solved"


class RequestDraft(Value):
    """`key` is ours: the partner keeps it as external id, so that the request is found again by it.
    It tells the partner nothing of other partners."""

    key: str
    subject: str
    text: str
    requester_name: str = ""
    requester_email: str = ""


class Comment(Value):
    ref: str
    author: str
    text: str
    at: datetime
    public: bool = True
    ours: bool = False


class RequestState(Value):
    ref: str
    key: str
    status: RequestStatus
    partner_status: str
    subject: str = ""
    updated_at: datetime
    comments: tuple[Comment, ...] = ()


class EventKind(StrEnum):
    ACCOUNT = "account"  # someone holds something: `account` is set
    LINK = "link"  # something changed at a link for `account` or `item`
    REQUEST = "request"  # our request `ref` changed: read it
    OTHER = "other"


class Event(Value):
    """`dedupe_id` is the partner's own id of the event: the same one seen twice has one effect."""

    partner: str
    dedupe_id: str
    kind: EventKind
    at: datetime
    ref: str = ""
    account: Account | None = None
    item: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


Cursor = str


class Page(Value):
    """`end` is true when there is nothing more now; `cursor` is where to go on, also after the end."""

    events: tuple[Event, ...]
    cursor: Cursor
    end: bool


class Publication(Value):
    """One row of the catalogue. `frequency` is daily, weekly or monthly."""

    id: str
    title: str
    aliases: tuple[str, ...] = ()
    language: str = "en"
    frequency: str = "monthly"
    publisher: str = ""


class Connector(Protocol):
    """What the hub asks of a partner. Raises only the four PartnerErrors of hub.errors."""

    partner: str
    supports: frozenset[Capability]

    async def check(self) -> Health: ...

    def holders_of(self, emails: Sequence[str]) -> tuple[str, ...]:
        """What this partner's accounts call these people, where that can be told from an address. Pure."""
        ...

    async def identify(self, hints: Hints) -> list[Ref]:
        """Who and what this is at the partner, one ref per link it can observe; [] where unknown to it. Without a
        publication in the hints, one for each that the customer holds, where the partner can tell."""
        ...

    async def observe(self, ref: Ref) -> Observation:
        """The state of `ref.link`, with raw evidence. A state it does not know is UNKNOWN with the word kept."""
        ...

    async def remedies(self, ref: Ref) -> list[Remedy]: ...

    async def apply(self, remedy: Remedy, key: str) -> Outcome:
        """Do it. A cut after sending is UNKNOWN, never retried here. `key` is the hub's own for this act."""
        ...

    async def read_outcome(self, remedy: Remedy, key: str, since: datetime) -> Outcome:
        """Resolve an UNKNOWN by reading back: DONE, REFUSED (it did not happen), or still UNKNOWN."""
        ...

    async def open_request(self, draft: RequestDraft) -> RequestState:
        """Idempotent by `draft.key`."""
        ...

    async def find_request(self, key: str) -> RequestState | None: ...

    async def update_request(self, ref: str, text: str, key: str) -> RequestState:
        """Add our comment, once per `key`."""
        ...

    async def read_request(self, ref: str) -> RequestState: ...

    async def changes(self, cursor: Cursor | None) -> Page:
        """At least once, restartable from any cursor it gave."""
        ...

    def parse_event(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> list[Event]:
        """Verify the signature and read the push. Pure. Refused when the signature does not hold."""
        ...

    async def publications(self) -> list[Publication]: ...

    async def close(self) -> None:
        """Give the connections back; nothing is asked of it afterwards."""
        ...


class BaseConnector:
    """Says no to every capability; a connector overrides what it supports."""

    partner: str
    supports: frozenset[Capability] = frozenset()

    def _lacks(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{self.partner} does not support {what}")

    async def check(self) -> Health:
        raise self._lacks("check")

    def holders_of(self, emails: Sequence[str]) -> tuple[str, ...]:
        return ()

    async def identify(self, hints: Hints) -> list[Ref]:
        raise self._lacks("identify")

    async def observe(self, ref: Ref) -> Observation:
        raise self._lacks("observe")

    async def remedies(self, ref: Ref) -> list[Remedy]:
        raise self._lacks("remedies")

    async def apply(self, remedy: Remedy, key: str) -> Outcome:
        raise self._lacks("apply")

    async def read_outcome(self, remedy: Remedy, key: str, since: datetime) -> Outcome:
        raise self._lacks("read_outcome")

    async def open_request(self, draft: RequestDraft) -> RequestState:
        raise self._lacks("open_request")

    async def find_request(self, key: str) -> RequestState | None:
        raise self._lacks("find_request")

    async def update_request(self, ref: str, text: str, key: str) -> RequestState:
        raise self._lacks("update_request")

    async def read_request(self, ref: str) -> RequestState:
        raise self._lacks("read_request")

    async def changes(self, cursor: Cursor | None) -> Page:
        raise self._lacks("changes")

    def parse_event(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> list[Event]:
        raise self._lacks("parse_event")

    async def publications(self) -> list[Publication]:
        raise self._lacks("publications")

    async def close(self) -> None:
        return None


class Mail(Value):
    """An outbound mail, ready to send. `message_id` with its angle brackets."""

    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    automatic: bool = False
    at: datetime


class Mailer(Protocol):
    async def send(self, mail: Mail, on_handing_over: Callable[[], Awaitable[None]] | None = None) -> None:
        """Returns when the relay has taken it. `on_handing_over` is awaited right before the words go out: a mail
        that broke off earlier has surely not gone. RetryLater (`sent` when it may have gone), Rejected for good."""
        ...
