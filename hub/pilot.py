"""What is next for a case, decided from what is seen and what was done. Pure: values and time in, a plan out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from hub.chain import State, Verdict
from hub.playbooks import Playbook
from hub.ports import Value

SOONEST = timedelta(seconds=10)
LATEST = timedelta(hours=1)
RECUR_WITHIN = timedelta(days=400)


class Call(StrEnum):
    """Why the owner is called to a case at once."""

    RECURRED = "recurred"
    NOBODY_KNOWS = "nobody_knows"  # a partner does not know this customer
    LOOKS_WHOLE = "looks_whole"  # every partner says it arrived, the customer says it did not
    NOT_OURS = "not_ours"  # no remedy and no desk can be asked by the automation
    STILL_BROKEN = "still_broken"  # what was done did not help
    ARRIVED = "arrived"  # it is there: tell the customer and close


class Episode(Value):
    """An earlier failure of the same customer at the same link."""

    case_id: int
    number: int
    item: str | None
    link: str
    reason: str
    at: datetime
    remedies: tuple[str, ...] = ()


class Situation(Value):
    """All that the decision rests on. `done` are the remedies done in this case with their times; `asked` the
    partners that have a request of ours on it, `awaited` those that have not called theirs solved; `was_broken` is
    whether a broken verdict came before."""

    playbook: Playbook
    verdict: Verdict
    opened_at: datetime
    was_broken: bool = False
    done: Mapping[str, datetime] = {}
    recent: Mapping[str, int] = {}
    asked: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()
    earlier: Sequence[Episode] = ()
    may_act: bool = True


class Plan(Value):
    remedy: str | None = None
    request: bool = False
    promise: str | None = None
    call: Call | None = None
    trace_again_at: datetime | None = None
    arrived: bool = False


def plan_next(situation: Situation, now: datetime) -> Plan:
    again = _next_look_at(situation, now)
    match situation.verdict.state:
        case State.BROKEN:
            return _plan_broken(situation).model_copy(update={"trace_again_at": again})
        case State.WHOLE if situation.was_broken:
            return Plan(arrived=True, call=Call.ARRIVED)
        case State.WHOLE:
            return Plan(call=Call.LOOKS_WHOLE)
        case State.NO_ITEM:
            return Plan(call=Call.NOBODY_KNOWS, promise="news")
        case State.UNKNOWN if situation.verdict.reason == "not_known":
            return Plan(call=Call.NOBODY_KNOWS, promise="news", trace_again_at=again)
        case _:
            return Plan(promise="news", trace_again_at=again)


def _plan_broken(situation: Situation) -> Plan:
    verdict, playbook = situation.verdict, situation.playbook
    reason = playbook.get_link(verdict.link).reasons.get(verdict.reason)
    recurred = bool(find_recurrence(situation.earlier, verdict))
    fixer = playbook.get_link(verdict.link).fixer
    request = bool(reason and reason.request and fixer not in situation.asked)
    remedy = None if recurred else _pick_remedy(situation)
    if not situation.may_act:
        remedy, request = None, False
    if recurred:
        call: Call | None = Call.RECURRED
    elif remedy or request or situation.awaited:
        call = None
    else:
        call = Call.STILL_BROKEN if situation.done or situation.asked else Call.NOT_OURS
    return Plan(remedy=remedy, request=request, call=call, promise="arrival" if remedy else "news")


def _pick_remedy(situation: Situation) -> str | None:
    """The first that the playbook lets the automation do, not done in this case, within its limit."""
    reason = situation.playbook.get_link(situation.verdict.link).reasons.get(situation.verdict.reason)
    for kind in reason.remedies if reason else ():
        rule = situation.playbook.remedies[kind]
        if rule.by == "automation" and kind not in situation.done and situation.recent.get(kind, 0) < rule.count:
            return kind
    return None


def find_recurrence(earlier: Sequence[Episode], verdict: Verdict) -> Episode | None:
    """The latest earlier failure of this customer at the same link, whatever its reason."""
    same = [e for e in earlier if e.link == verdict.link]
    return max(same, key=lambda e: e.at, default=None)


def _next_look_at(situation: Situation, now: datetime) -> datetime | None:
    """Soon after an act, then ever more seldom, until the time that arrival is looked for is out."""
    began = max([situation.opened_at, *situation.done.values()])
    if now - began > situation.playbook.watch:
        return None
    return now + min(max((now - began) / 2, SOONEST), LATEST)
