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
    row: CaseRow
    need: Need
    found: str
    dots: tuple[Dot, ...]

    @property
    def is_pressing(self) -> bool:
        return self.need.tone not in ("plain", "done")


def to_lines(rows: Iterable[CaseRow], playbooks: Mapping[str, Playbook], now: datetime) -> list[Line]:
    return [
        Line(row=r, need=find_need(r, now), found=say_found(r), dots=to_dots(r.verdict, r.links, playbooks[r.playbook]))
        for r in rows
    ]


def find_need(row: CaseRow, now: datetime) -> Need:
    if row.status is CaseStatus.SOLVED:
        return Need(text="Solved", tone="done")
    if row.promise_broken:
        return Need(text="A promise was broken", tone="bad")
    if row.due_at is not None and row.due_at < now + SOON:
        return Need(text=f"Promise due {to_countdown(row.due_at, now)}", tone="bad" if row.due_at < now else "soon")
    return _called(row) or _written(row, now) or _waiting(row, now)


def _called(row: CaseRow) -> Need | None:
    if row.has_held_message:
        return Need(text="A message from somebody else", tone="call")
    if row.call == Call.ARRIVED:
        return Need(text="Arrived: tell the customer", tone="good")
    if row.call:
        title, _ = CALL_WORDS.get(row.call, (row.call, ""))
        return Need(text=title, tone="call")
    return None


def _written(row: CaseRow, now: datetime) -> Need | None:
    wrote, told = row.customer_wrote_at, row.we_wrote_at
    if wrote is not None and row.is_stopped and row.awaits_reply:
        return Need(text="Wants a person", tone="call")
    if wrote is not None and told is not None and wrote > told:
        return Need(text=f"New message, {to_age(wrote, now)}", tone="call")
    partner = row.partner_wrote_at
    if partner is not None and (told is None or partner > told):
        return Need(text=f"A partner answered, {to_age(partner, now)}", tone="call")
    return None


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
