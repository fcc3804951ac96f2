from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.chain import State, Verdict
from hub.pilot import Call, Episode, Plan, Situation, plan_next
from hub.playbooks import Playbook, load_playbooks

NOW = datetime(2026, 11, 12, 8, tzinfo=UTC)
SEPTEMBER = Episode(
    case_id=1, number=1001, item="hbr/2026-09", link="delivered", reason="no_licence", at=NOW - timedelta(days=60)
)


@pytest.fixture(scope="module")
def magazine() -> Playbook:
    return load_playbooks(Path("playbooks"))["magazine"]


def broken(link: str = "delivered", reason: str = "no_licence") -> Verdict:
    return Verdict(state=State.BROKEN, link=link, partner="delivery", reason=reason, item="hbr/2026-11")


def plan(playbook: Playbook, verdict: Verdict, now: datetime = NOW, **known: Any) -> Plan:
    return plan_next(Situation(playbook=playbook, verdict=verdict, opened_at=NOW, **known), now)


def test_a_missing_copy_is_delivered_again_and_the_desk_asked_for_the_cause(magazine: Playbook) -> None:
    made = plan(magazine, broken())
    assert (made.remedy, made.request, made.promise, made.call) == ("redeliver", True, "arrival", None)


def test_a_remedy_is_done_once_in_a_case(magazine: Playbook) -> None:
    made = plan(magazine, broken(reason="not_opened"), done={"redeliver": NOW})
    assert (made.remedy, made.call) == (None, Call.STILL_BROKEN)


def test_a_remedy_at_its_limit_goes_to_the_owner(magazine: Playbook) -> None:
    made = plan(magazine, broken(reason="not_opened"), recent={"redeliver": 3})
    assert (made.remedy, made.call) == (None, Call.NOT_OURS)


def test_the_second_time_a_person_takes_it_and_nothing_is_tried_again(magazine: Playbook) -> None:
    made = plan(magazine, broken(), earlier=[SEPTEMBER])
    assert (made.remedy, made.call) == (None, Call.RECURRED)


def test_an_earlier_failure_at_another_link_is_no_recurrence(magazine: Playbook) -> None:
    made = plan(magazine, broken("published", "not_published"), earlier=[SEPTEMBER])
    assert made.call is None


def test_a_desk_is_asked_once(magazine: Playbook) -> None:
    made = plan(magazine, broken("published", "not_published"), asked=("publisher_desk",), awaited=("publisher_desk",))
    assert (made.request, made.call) == (False, None)


def test_a_desk_that_calls_it_solved_while_it_is_broken_brings_the_owner(magazine: Playbook) -> None:
    made = plan(magazine, broken("published", "not_published"), asked=("publisher_desk",))
    assert (made.request, made.call) == (False, Call.STILL_BROKEN)


def test_where_the_automation_is_stopped_it_plans_no_act(magazine: Playbook) -> None:
    made = plan(magazine, broken(), may_act=False)
    assert (made.remedy, made.request) == (None, False)


def test_a_payment_problem_goes_to_the_owner(magazine: Playbook) -> None:
    assert plan(magazine, broken("entitled", "payment_problem")).call is Call.NOT_OURS


def test_whole_after_broken_has_arrived(magazine: Playbook) -> None:
    made = plan(magazine, Verdict(state=State.WHOLE), was_broken=True)
    assert made.arrived
    assert made.trace_again_at is None


def test_whole_from_the_start_calls_the_owner(magazine: Playbook) -> None:
    assert plan(magazine, Verdict(state=State.WHOLE)).call is Call.LOOKS_WHOLE


def test_a_partner_that_is_down_is_looked_at_again(magazine: Playbook) -> None:
    made = plan(magazine, Verdict(state=State.UNKNOWN, link="entitled", reason="down"))
    assert (made.call, made.promise) == (None, "news")
    assert made.trace_again_at == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(("age", "wait"), [(0, 10), (60, 30), (3600, 1800), (86400, 3600)])
def test_looks_grow_rarer(magazine: Playbook, age: int, wait: int) -> None:
    now = NOW + timedelta(seconds=age)
    assert plan(magazine, broken(), now).trace_again_at == now + timedelta(seconds=wait)


def test_looking_ends_with_the_watch(magazine: Playbook) -> None:
    assert plan(magazine, broken(), NOW + timedelta(days=8)).trace_again_at is None
