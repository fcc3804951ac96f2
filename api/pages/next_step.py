"""What is next on a case, in words: why its owner is called, what was promised by when, what may be done. Pure."""

from __future__ import annotations

from datetime import datetime

from api.pages.words import CALL_WORDS
from hub.chain import State
from hub.ports import Value
from hub.tables import ActorKind, Direction, EffectState, PromiseOutcome
from hub.views.case_values import CaseView, PromiseView
from hub.views.values import CUSTOMER, CaseStatus


class Step(Value):
    """`tone` is bad where something went wrong, call where the owner is wanted, plain where all goes its way."""

    title: str
    why: str
    tone: str = "call"


def find_last_word_at(case: CaseView) -> datetime | None:
    """When a person last wrote to the customer."""
    ours = (
        m.at
        for m in case.messages
        if m.party == CUSTOMER and m.direction is Direction.OUTBOUND and m.author_kind is ActorKind.PERSON
    )
    return max(ours, default=None)


def list_steps(case: CaseView) -> tuple[Step, ...]:
    """The most pressing first; never empty."""
    if case.status is CaseStatus.SOLVED:
        return (Step(title="Solved", why="An answer from the customer within 30 days opens it again.", tone="good"),)
    since = find_last_word_at(case)
    steps = [*_broken(case, since), *_undecided(case), *_held(case), *_calls(case, since), *_unanswered(case, since)]
    return tuple(steps) or (_wait(case),)


def _is_new(at: datetime | None, since: datetime | None) -> bool:
    return at is not None and (since is None or at > since)


def _broken(case: CaseView, since: datetime | None) -> list[Step]:
    broken = [p for p in case.promises if p.outcome is PromiseOutcome.BROKEN and _is_new(p.settled_at, since)]
    return [Step(title="Apologise: a promise was broken", why=f"“{p.text}”", tone="bad") for p in broken[:1]]


def _undecided(case: CaseView) -> list[Step]:
    unknown = [e for e in case.effects if e.state is EffectState.UNKNOWN]
    why = "It left us and no answer came. Look, and say whether it happened: the automation does not guess."
    return [Step(title="Decide what became of what we sent", why=why, tone="bad")] if unknown else []


def _held(case: CaseView) -> list[Step]:
    held = [m for m in case.messages if m.held]
    why = "It carries this case’s token, but came from an address nobody expected. It has joined nothing."
    return [Step(title="Look at a message from somebody else", why=why) for m in held[:1]]


def _calls(case: CaseView, since: datetime | None) -> list[Step]:
    calls = [e for e in case.entries if e.kind == "call" and _is_new(e.at, since)]
    texts = list(dict.fromkeys(e.text for e in reversed(calls)))
    return [_to_call(text) for text in texts[:2]]


def _to_call(text: str) -> Step:
    title, why = CALL_WORDS.get(text, ("A person is needed", text))
    return Step(title=title, why=why)


def _unanswered(case: CaseView, since: datetime | None) -> list[Step]:
    theirs = [m for m in case.messages if m.author_kind is ActorKind.CUSTOMER and not m.held and _is_new(m.at, since)]
    if case.stopped_at is not None and theirs:
        return [Step(title="Answer in person", why=f"Automation is off here: {case.stopped_why}.")]
    if len(theirs) < (2 if since is None else 1):
        return []
    return [Step(title="Answer the customer", why="They have written since anyone of us did.")]


def _wait(case: CaseView) -> Step:
    if case.trace is None:
        return Step(title="Asking the partners", why="The chain is being looked at.", tone="plain")
    why = {
        State.BROKEN: "It is being put right; the chain is looked at again until it is seen to have arrived.",
        State.UNKNOWN: "A link could not be seen; it is asked again.",
        State.WAITING: "It is on its way and its time is not out.",
    }.get(case.trace.verdict.state, "The chain is looked at again by itself.")
    return Step(title="Nothing for you now", why=why, tone="plain")


def list_open_promises(case: CaseView) -> tuple[PromiseView, ...]:
    return tuple(sorted((p for p in case.promises if p.outcome is None), key=lambda p: p.due_at))
