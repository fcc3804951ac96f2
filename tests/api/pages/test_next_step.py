from datetime import datetime, timedelta
from typing import Any

from api.pages.next_step import list_open_promises, list_steps
from hub.tables import ActorKind, EffectState, PromiseOutcome
from hub.views.values import CaseStatus

HOUR = timedelta(hours=1)


def titles(case: Any) -> list[str]:
    return [step.title for step in list_steps(case)]


def test_a_new_case_says_that_the_partners_are_asked(make: Any) -> None:
    assert titles(make.case(messages=(make.message(),))) == ["Asking the partners"]


def test_a_broken_promise_comes_before_a_call(make: Any, now: datetime) -> None:
    broken = make.promise(now - HOUR, outcome=PromiseOutcome.BROKEN, settled_at=now - HOUR)
    case = make.case(promises=(broken,), entries=(make.entry("call", "recurred"),))
    assert titles(case) == ["Apologise: a promise was broken", "Write in person"]


def test_a_persons_word_answers_what_came_before_it(make: Any, now: datetime) -> None:
    call = make.entry("call", "recurred", at=now - HOUR)
    case = make.case(entries=(call,), messages=(make.message(ActorKind.PERSON),))
    assert titles(case) == ["Asking the partners"]


def test_the_second_message_without_an_answer_wants_one(make: Any) -> None:
    case = make.case(messages=(make.message(), make.message(id=2)))
    assert titles(case) == ["Answer the customer"]


def test_with_the_automation_off_the_first_wants_one_too(make: Any, now: datetime) -> None:
    case = make.case(messages=(make.message(),), stopped_at=now, stopped_why="the customer asked for a person")
    assert titles(case) == ["Answer in person"]


def test_an_unknown_outcome_and_a_held_message_go_to_the_owner(make: Any) -> None:
    case = make.case(effects=(make.effect(EffectState.UNKNOWN),), messages=(make.message(held=True),))
    assert titles(case) == ["Decide what became of what we sent", "Look at a message from somebody else"]


def test_a_solved_case_asks_for_nothing(make: Any) -> None:
    assert titles(make.case(status=CaseStatus.SOLVED, entries=(make.entry("call", "recurred"),))) == ["Solved"]


def test_open_promises_stand_by_their_time(make: Any, now: datetime) -> None:
    late, kept = make.promise(now + 2 * HOUR), make.promise(now, outcome=PromiseOutcome.KEPT)
    soon = make.promise(now + HOUR)
    assert list_open_promises(make.case(promises=(late, kept, soon))) == (soon, late)
