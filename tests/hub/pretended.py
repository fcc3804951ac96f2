"""A partner that keeps count of what was done to it, and answers in the mood that a test puts it in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from hub.clock import Clock
from hub.errors import ContractBroken, Refused, Rejected, RetryLater
from hub.ports import (
    BaseConnector,
    Capability,
    Comment,
    Hints,
    LinkStatus,
    Mail,
    Observation,
    Outcome,
    OutcomeState,
    Ref,
    Remedy,
    RemedyMode,
    RequestDraft,
    RequestState,
    RequestStatus,
)

LINKS = {"app_store": ("entitled",), "delivery": ("published", "delivered"), "publisher_desk": ()}
KINDS = {"app_store": "extend", "delivery": "redeliver"}


class Mood(StrEnum):
    WELL = "well"
    AWAY = "away"  # it does not answer
    CUT_BEFORE = "cut before"  # the line breaks, and nothing was done
    CUT_AFTER = "cut after"  # the line breaks, and it was done
    UNKNOWN = "unknown"
    REFUSED = "refused"  # our keys do not fit
    REJECTED = "rejected"
    BROKEN = "broken"  # an answer that no contract knows
    CRASH_BEFORE = "crash before"  # our own process dies
    CRASH_AFTER = "crash after"


class Crash(Exception):
    """Our process died here: nothing after this point ran."""


class Moody:
    """Acts are counted by key: more than one for a key is an act done twice."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.mood = Mood.WELL
        self.acts: Counter[str] = Counter()
        self.read_back: set[str] = set()

    def act(self, key: str) -> None:
        self.fail(Mood.CRASH_BEFORE, Mood.AWAY, Mood.CUT_BEFORE, Mood.REFUSED, Mood.REJECTED)
        self.acts[key] += 1
        self.fail(Mood.CRASH_AFTER, Mood.CUT_AFTER, Mood.BROKEN)

    def fail(self, *moods: Mood) -> None:
        if self.mood in moods:
            raise self.to_error()

    def to_error(self) -> Exception:
        late = RetryLater(self.name, self.mood, sent=self.mood is not Mood.AWAY)
        return {
            Mood.REFUSED: Refused(self.name, "keys"),
            Mood.REJECTED: Rejected(self.name, "no"),
            Mood.BROKEN: ContractBroken(self.name, "what is this"),
            Mood.CRASH_BEFORE: Crash(),
            Mood.CRASH_AFTER: Crash(),
        }.get(self.mood, late)


class PretendedPartner(BaseConnector, Moody):
    supports = frozenset({Capability.IDENTIFY, Capability.OBSERVE, Capability.REMEDIES, Capability.REQUESTS})

    def __init__(self, partner: str, clock: Clock) -> None:
        Moody.__init__(self, partner)
        self.partner = partner
        self.clock = clock
        self.seen: dict[str, tuple[LinkStatus, str]] = {}
        self.tickets: dict[str, RequestState] = {}

    def holders_of(self, emails: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"holder of {email}" for email in emails)

    async def identify(self, hints: Hints) -> list[Ref]:
        self.fail(Mood.AWAY)
        item = f"{hints.publication}/{hints.issue or '2026-11'}" if hints.publication else None
        return [Ref(partner=self.partner, link=x, kind="thing", id="1", item=item) for x in LINKS[self.partner]]

    async def observe(self, ref: Ref) -> Observation:
        status, reason = self.seen.get(ref.link, (LinkStatus.OK, ""))
        return Observation(
            partner=self.partner, link=ref.link, status=status, reason=reason, item=ref.item, at=self.clock.now()
        )

    async def remedies(self, ref: Ref) -> list[Remedy]:
        return [Remedy(kind=KINDS[self.partner], mode=RemedyMode.DIRECT, ref=ref)]

    async def apply(self, remedy: Remedy, key: str) -> Outcome:
        self.act(key)
        unknown = self.mood is Mood.UNKNOWN
        return Outcome(state=OutcomeState.UNKNOWN if unknown else OutcomeState.DONE)

    async def read_outcome(self, remedy: Remedy, key: str, since: datetime) -> Outcome:
        self.fail(Mood.AWAY, Mood.CUT_BEFORE, Mood.REFUSED, Mood.REJECTED, Mood.BROKEN, Mood.CRASH_BEFORE)
        if self.mood is Mood.UNKNOWN:
            return Outcome(state=OutcomeState.UNKNOWN)
        self.read_back.add(key)
        return Outcome(state=OutcomeState.DONE if self.acts[key] else OutcomeState.REFUSED)

    async def open_request(self, draft: RequestDraft) -> RequestState:
        """Idempotent by key, as the contract asks."""
        self.fail(Mood.AWAY, Mood.REFUSED, Mood.REJECTED, Mood.CRASH_BEFORE, Mood.CUT_BEFORE)
        if draft.key not in self.tickets:
            self._keep(draft.key, subject=draft.subject)
        self.fail(Mood.CRASH_AFTER, Mood.CUT_AFTER, Mood.BROKEN)
        return self.tickets[draft.key]

    async def find_request(self, key: str) -> RequestState | None:
        self.fail(Mood.AWAY, Mood.CRASH_BEFORE)
        return self.tickets.get(key)

    async def update_request(self, ref: str, text: str, key: str) -> RequestState:
        ticket = await self.read_request(ref)
        if key not in [c.ref for c in ticket.comments]:
            self.say(ref, text, ref_of_comment=key, ours=True)
        self.fail(Mood.CRASH_AFTER, Mood.CUT_AFTER)
        return await self.read_request(ref)

    async def read_request(self, ref: str) -> RequestState:
        self.fail(Mood.AWAY, Mood.REFUSED)
        return next(ticket for ticket in self.tickets.values() if ticket.ref == ref)

    def say(
        self, ref: str, text: str, status: RequestStatus | None = None, *, ref_of_comment: str = "", ours: bool = False
    ) -> None:
        """Something is written on the ticket, by the desk unless `ours`."""
        ticket = next(t for t in self.tickets.values() if t.ref == ref)
        comment = Comment(
            ref=ref_of_comment or f"{ref}.{len(ticket.comments)}",
            author="" if ours else "Desk",
            text=text,
            at=self.clock.now(),
            ours=ours,
        )
        self._keep(ticket.key, status=status or ticket.status, comments=(*ticket.comments, comment))

    def _keep(self, key: str, **change: Any) -> None:
        given: dict[str, Any] = {"status": RequestStatus.OPEN, "partner_status": "", "updated_at": self.clock.now()}
        before = self.tickets.get(key)
        fresh = {"ref": f"{self.partner}-{len(self.tickets) + 1}", "key": key, **given}
        held = before.model_dump() if before else fresh
        self.tickets[key] = RequestState.model_validate({**held, "updated_at": self.clock.now(), **change})


class PretendedRelay(Moody):
    def __init__(self) -> None:
        super().__init__("relay")
        self.sent: list[Mail] = []

    async def send(self, mail: Mail, on_handing_over: Callable[[], Awaitable[None]] | None = None) -> None:
        self.fail(Mood.AWAY)
        if on_handing_over is not None:
            await on_handing_over()
        self.act(mail.message_id)
        self.sent.append(mail)
