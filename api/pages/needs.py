"""The owner's list: what each case needs of its owner, in words, and which need it now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from api.pages.chain_picture import Dot, to_dots
from api.pages.moments import to_age, to_countdown
from api.pages.words import CALL_WORDS, to_partner_word, to_reason_word
from hub.chain import State
from hub.pilot import Call
from hub.playbooks import Playbook
from hub.ports import Value
from hub.views.case_list import CaseRow
from hub.views.values import CaseStatus

SOON = timedelta(hours=2)


class Need(Value):
    """`tone`: bad, call, soon, good or plain; all but plain and done want the owner now."""

    text: str
    tone: str


class Line(Value):
    """`also` is the next thing that it needs, in words; empty where there is one only."""

    row: CaseRow
    need: Need
    also: str
    found: str
    dots: tuple[Dot, ...]

    @property
    def is_pressing(self) -> bool:
        return self.need.tone not in ("plain", "done")


def to_lines(rows: Iterable[CaseRow], playbooks: Mapping[str, Playbook], now: datetime) -> list[Line]:
    return [_to_line(row, playbooks[row.playbook], now) for row in rows]


def _to_line(row: CaseRow, playbook: Playbook, now: datetime) -> Line:
    need, *more = list_needs(row, now)
    also = more[0].text if more else ""
    return Line(row=row, need=need, also=also, found=say_found(row), dots=to_dots(row.verdict, row.links, playbook))


def list_needs(row: CaseRow, now: datetime) -> list[Need]:
    """The most pressing first; never empty."""
    if row.status is CaseStatus.SOLVED:
        return [Need(text="Solved", tone="done")]
    found = [*_promised(row, now), *_called(row), *_written(row, now)]
    return found or [_waiting(row, now)]


def _promised(row: CaseRow, now: datetime) -> list[Need]:
    broken = [Need(text="A promise was broken", tone="bad")] if row.promise_broken else []
    if row.due_at is None or row.due_at >= now + SOON:
        return broken
    tone = "bad" if row.due_at < now else "soon"
    return [*broken, Need(text=f"Promise due {to_countdown(row.due_at, now)}", tone=tone)]


def _called(row: CaseRow) -> list[Need]:
    held = [Need(text="A message from somebody else", tone="call")] if row.has_held_message else []
    if row.call == Call.ARRIVED:
        return [*held, Need(text="Arrived: tell the customer", tone="good")]
    title, _ = CALL_WORDS.get(row.call, ("A person is needed", ""))
    return [*held, Need(text=title, tone="call")] if row.call else held


def _written(row: CaseRow, now: datetime) -> list[Need]:
    wrote, told, partner = row.customer_wrote_at, row.we_wrote_at, row.partner_wrote_at
    found = []
    if wrote is not None and row.is_stopped and row.awaits_reply:
        found.append(Need(text="Wants a person", tone="call"))
    elif wrote is not None and told is not None and wrote > told:
        found.append(Need(text=f"New message, {to_age(wrote, now)}", tone="call"))
    if partner is not None and (told is None or partner > told):
        found.append(Need(text=f"A partner answered, {to_age(partner, now)}", tone="call"))
    return found


def _waiting(row: CaseRow, now: datetime) -> Need:
    if row.due_at is not None:
        return Need(text=f"Promise due {to_countdown(row.due_at, now)}", tone="plain")
    return Need(text="Asking the partners" if row.verdict is None else "Under way", tone="plain")


def say_found(row: CaseRow) -> str:
    """The verdict in a few words: `Delivered is broken: no licence was made`."""
    verdict = row.verdict
    if verdict is None:
        return "Not looked at yet"
    partner = to_partner_word(verdict.partner)
    match verdict.state:
        case State.BROKEN:
            return f"Broken at {verdict.link}: {to_reason_word(verdict.reason)}"
        case State.UNKNOWN:
            return f"{partner} {to_reason_word(verdict.reason)}" if verdict.reason else "A link could not be seen"
        case State.WAITING:
            return f"On its way, at {verdict.link}"
        case State.WHOLE:
            return "Arrived and opened"
        case _:
            return "What is missing is not known"
