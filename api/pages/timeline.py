"""One timeline of a case across customer, partners, people and automation: what was said and what was done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from api.pages.marking import Told, to_told
from api.pages.moments import to_day
from api.pages.words import CALL_WORDS, EFFECT_WORDS, to_partner_word
from hub.ports import Value
from hub.tables import ActorKind, Direction, EffectState
from hub.views.case_values import CaseView, EffectView, EntryView, MessageView

# What these tell is shown by the message itself.
SAID = frozenset({"message", "replied", "answered", "wrote_partner"})


class Event(Value):
    """A line of the timeline. `tone` is what it is to the eye: plain, good, bad, call."""

    at: datetime
    actor: str
    kind: ActorKind
    text: str
    tone: str = "plain"


class Said(Value):
    """A message on the timeline. `to` is whom ours went to; `going` what became of it, where it is not simply sent."""

    at: datetime
    kind: ActorKind
    message: MessageView
    told: Told
    author: str
    to: str
    going: str = ""


Item = Event | Said


class Day(Value):
    title: str
    items: tuple[Item, ...]


def to_timeline(case: CaseView, zone: str) -> tuple[Day, ...]:
    """Newest first."""
    items: list[Item] = [to_event(e) for e in case.entries if e.kind not in SAID]
    items += [to_said(m, case) for m in case.messages]
    items.sort(key=lambda item: item.at, reverse=True)
    days = groupby(items, key=lambda item: item.at.astimezone(ZoneInfo(zone)).date())
    return tuple(_to_day(list(group), zone) for _, group in days)


def _to_day(items: Sequence[Item], zone: str) -> Day:
    return Day(title=to_day(items[0].at, zone), items=tuple(items))


def to_said(message: MessageView, case: CaseView) -> Said:
    is_ours = message.direction is Direction.OUTBOUND
    them = case.customer.name or "the customer" if message.party == "customer" else to_partner_word(message.party)
    return Said(
        at=message.at,
        kind=message.author_kind,
        message=message,
        told=to_told(message, case.facts),
        author=message.author or message.author_address or them,
        to=them if is_ours else "",
        going=_going(message, case.effects) if is_ours else "",
    )


def _going(message: MessageView, effects: Iterable[EffectView]) -> str:
    effect = next((e for e in effects if e.message_id == message.id), None)
    return "" if effect is None or effect.state is EffectState.DONE else EFFECT_WORDS[effect.state]


def to_event(entry: EntryView) -> Event:
    say, tone = LINES.get(entry.kind, (None, "plain"))
    text = say(entry) if say else _say_effect(entry)
    tone = "bad" if entry.kind.endswith(("_unknown", "_refused")) else tone
    return Event(at=entry.at, actor=entry.actor, kind=entry.actor_kind, text=text, tone=tone)


def _say_effect(entry: EntryView) -> str:
    """`mail_done`, `remedy_refused`, `open_request_done` and whatever comes later."""
    what = entry.kind.replace("_", " ").capitalize()
    return f"{what}: {entry.text}" if entry.text else what


def _say_call(entry: EntryView) -> str:
    do, why = CALL_WORDS.get(entry.text, ("Needs a person", entry.text))
    return f"{do}. {why}"


def _led(lead: str) -> Callable[[EntryView], str]:
    return lambda entry: f"{lead}: {entry.text}" if entry.text else lead


LINES: dict[str, tuple[Callable[[EntryView], str], str]] = {
    "opened": (_led("Case opened"), "plain"),
    "reopened": (_led("Case opened again"), "plain"),
    "owner": (_led("Owner"), "plain"),
    "verdict": (_led("Found"), "plain"),
    "call": (_say_call, "call"),
    "promised": (_led("Promised"), "plain"),
    "promise_kept": (_led("Promise kept"), "good"),
    "promise_broken": (_led("Promise broken"), "bad"),
    "promise_withdrawn": (_led("Promise withdrawn"), "plain"),
    "remedy_ordered": (_led("Ordered"), "plain"),
    "remedy_done": (_led("Remedy done"), "good"),
    "requested": (_led("Request to a partner’s desk"), "plain"),
    "open_request_done": (_led("The desk has our request"), "plain"),
    "update_request_done": (_led("The desk has our comment"), "plain"),
    "mail_done": (_led("Mail sent"), "plain"),
    "recurred": (_led("Happened before"), "call"),
    "problem": (_led("Problem"), "plain"),
    "automation_stopped": (_led("Automation stopped"), "call"),
    "asked_twice": (_led("Sent although known"), "bad"),
    "note": (_led("Note"), "plain"),
    "solved": (_led("Solved"), "good"),
}
