"""The chain as a picture: its links in order, and at the end the customer it should reach. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from api.pages.words import LINK_WORDS, to_partner_word, to_reason_word
from hub.chain import State, Verdict
from hub.playbooks import Playbook
from hub.ports import LinkStatus, Value
from hub.views.case_values import LinkView, TraceView


class Look(StrEnum):
    """How a link is drawn: never by colour alone, but by a shape and a word as well."""

    OK = "ok"
    WAITING = "waiting"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


LOOKS = {
    LinkStatus.OK: Look.OK,
    LinkStatus.WAITING: Look.WAITING,
    LinkStatus.BROKEN: Look.BROKEN,
    LinkStatus.UNKNOWN: Look.UNKNOWN,
    LinkStatus.NOT_ASKED: Look.SKIPPED,
}


class Node(Value):
    """`word` is the look in words, `why` the reason behind it."""

    title: str
    partner: str
    look: Look
    word: str
    why: str = ""
    since: datetime | None = None


def draw(trace: TraceView, customer: str) -> tuple[Node, ...]:
    return (*(_to_node(link, trace.verdict) for link in trace.links), to_end(trace.verdict, customer))


def _to_node(link: LinkView, verdict: Verdict) -> Node:
    is_cause = verdict.state is State.BROKEN and verdict.link == link.id
    look = Look.BROKEN if is_cause else LOOKS[link.status]
    late = is_cause and link.status is LinkStatus.WAITING
    return Node(
        title=link.title.en,
        partner=to_partner_word(link.partner),
        look=look,
        word="Overdue" if late else LINK_WORDS[LinkStatus.BROKEN] if is_cause else LINK_WORDS[link.status],
        why=to_reason_word(link.reason),
        since=link.since,
    )


def to_end(verdict: Verdict, customer: str) -> Node:
    """Whether it reached the one it is for."""
    if verdict.state is State.WHOLE:
        return Node(title=customer, partner="Customer", look=Look.OK, word="Has it")
    look = Look.UNKNOWN if verdict.state in (State.UNKNOWN, State.NO_ITEM) else Look.WAITING
    word = "Not known yet" if look is Look.UNKNOWN else "Not reached"
    return Node(title=customer, partner="Customer", look=look, word=word)


class Dot(Value):
    look: Look
    title: str


def to_dots(verdict: Verdict | None, statuses: dict[str, LinkStatus], playbook: Playbook) -> tuple[Dot, ...]:
    """The same picture, small enough for a list."""
    if verdict is None:
        return ()
    dots = [Dot(look=_to_look(link.id, verdict, statuses), title=link.title.en) for link in playbook.links]
    return (*dots, Dot(look=to_end(verdict, "").look, title="Customer"))


def _to_look(link: str, verdict: Verdict, statuses: dict[str, LinkStatus]) -> Look:
    is_cause = verdict.state is State.BROKEN and verdict.link == link
    return Look.BROKEN if is_cause else LOOKS[statuses.get(link, LinkStatus.UNKNOWN)]


def say_dots(dots: Sequence[Dot]) -> str:
    """`Published ok, Entitled ok, Delivered broken`, for who cannot see the dots."""
    return ", ".join(f"{dot.title} {dot.look.value}" for dot in dots)
