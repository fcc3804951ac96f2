"""The verdict: which link of the chain broke, why we say so, and how sure we are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from hub.playbooks import Link, Playbook
from hub.ports import LinkStatus, Observation, Value


class State(StrEnum):
    BROKEN = "broken"
    UNKNOWN = "unknown"  # a partner did not tell, and nothing else is known to be broken
    WAITING = "waiting"  # on its way, and its time is not out
    WHOLE = "whole"  # every link holds: it has been seen to arrive
    NO_ITEM = "no_item"  # what is missing is not known, so nobody could be asked


class Sure(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    UNCLEAR = "unclear"


class Verdict(Value):
    """`link`, `partner` and `reason` name the first broken, unknown or awaited link; empty when whole.

    `unknown` lists every link that could not be seen.
    """

    state: State
    link: str = ""
    partner: str = ""
    reason: str = ""
    sure: Sure = Sure.CERTAIN
    unknown: tuple[str, ...] = ()
    item: str | None = None


NO_ITEM = Verdict(state=State.NO_ITEM, sure=Sure.UNCLEAR)


def judge(playbook: Playbook, observations: Iterable[Observation], now: datetime) -> Verdict:
    """The first broken link in the chain's order. A link that nobody could see makes a later finding only likely:
    the cause may lie where we could not look. A link still waiting after its due time counts as broken, likely."""
    by_link = {o.link: o for o in observations}
    item = next((o.item for o in by_link.values() if o.item), None)
    unseen: list[Link] = []
    awaited: Link | None = None
    for link in playbook.links:
        found = by_link.get(link.id)
        if found is None or found.status is LinkStatus.UNKNOWN:
            unseen.append(link)
        elif found.status is LinkStatus.BROKEN or is_overdue(playbook, link, by_link, now):
            plain = found.status is LinkStatus.BROKEN and not unseen
            sure = Sure.CERTAIN if plain else Sure.LIKELY
            return _verdict(State.BROKEN, link, by_link, sure, unseen, item)
        elif found.status is LinkStatus.WAITING and awaited is None:
            awaited = link
    if unseen:
        return _verdict(State.UNKNOWN, unseen[0], by_link, Sure.UNCLEAR, unseen, item)
    if awaited is not None:
        return _verdict(State.WAITING, awaited, by_link, Sure.CERTAIN, unseen, item)
    return Verdict(state=State.WHOLE, item=item)


def is_overdue(playbook: Playbook, link: Link, by_link: Mapping[str, Observation], now: datetime) -> bool:
    """Still waiting although its time after the link before it is out. Without a time to count from, not overdue."""
    found = by_link[link.id]
    if found.status is not LinkStatus.WAITING:
        return False
    since = found.since or _held_since(playbook, link, by_link)
    return since is not None and now > since + link.due


def _held_since(playbook: Playbook, link: Link, by_link: Mapping[str, Observation]) -> datetime | None:
    """When the link before this one came to hold."""
    before = [x.id for x in playbook.links[: playbook.links.index(link)]]
    times = [by_link[x].since for x in before if x in by_link and by_link[x].status is LinkStatus.OK]
    return next((t for t in reversed(times) if t is not None), None)


def _verdict(
    state: State,
    link: Link,
    by_link: Mapping[str, Observation],
    sure: Sure,
    unseen: list[Link],
    item: str | None,
) -> Verdict:
    found = by_link.get(link.id)
    return Verdict(
        state=state,
        link=link.id,
        partner=link.partner,
        reason=found.reason if found else "",
        sure=sure,
        unknown=tuple(x.id for x in unseen),
        item=item,
    )


def to_sentence(verdict: Verdict, playbook: Playbook, language: str, places: Mapping[str, str]) -> str:
    """One plain sentence for a person who knows nothing of our partners. A link's title stands in for {title}."""
    if verdict.state is State.BROKEN:
        reason = playbook.get_link(verdict.link).reasons.get(verdict.reason)
        if reason is not None:
            likely = [] if verdict.sure is Sure.CERTAIN else [playbook.says.likely.say(language)]
            return " ".join([reason.sentence.say(language, **places), *likely])
    says = {
        State.UNKNOWN: playbook.says.unknown,
        State.WAITING: playbook.says.waiting,
        State.WHOLE: playbook.says.whole,
        State.NO_ITEM: playbook.says.no_item,
        State.BROKEN: playbook.says.unknown,
    }[verdict.state]
    named = {**places, "title": playbook.get_link(verdict.link).title.say(language)} if verdict.link else places
    return says.say(language, **named)
