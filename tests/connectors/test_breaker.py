import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.breaker import REST, Attempt, Breaker
from hub.errors import RetryLater

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def play(breaker, answers, at=NOON):
    """Each letter is one attempt: `o` answered, `x` failed."""
    for answer in answers:
        breaker.record(breaker.admit(at), Attempt(at, "answered 500" if answer == "x" else ""))
    return breaker


@pytest.fixture
def resting():
    return play(Breaker("parcels"), "xxxxx")


@pytest.mark.parametrize("answers", ["xxxxx", "oxxxxx", "oxoxoxoxox", "ooooooxoxxxx"])
def test_five_in_a_row_or_half_of_the_last_ten_open_it(answers):
    assert play(Breaker("parcels"), answers).resting_since == NOON


@pytest.mark.parametrize("answers", ["xxxx", "xxxxoxxxx", "oooooooooo", "xoxoxoxo", "oooooxooxoxoxo"])
def test_fewer_failures_leave_it_closed(answers):
    assert play(Breaker("parcels"), answers).resting_since is None


def test_while_it_rests_every_call_is_told_when_to_come_back(resting):
    with pytest.raises(RetryLater) as caught:
        resting.admit(NOON + REST - SECOND)
    assert caught.value.after == NOON + REST


def test_one_probe_at_a_time_is_let_through(resting):
    resting.admit(NOON + REST)
    with pytest.raises(RetryLater):
        resting.admit(NOON + REST + SECOND)


def test_a_probe_that_fails_makes_it_rest_on_since_the_first_failure(resting):
    play(resting, "x", NOON + REST)
    assert (resting.resting_since, resting.next_probe_at) == (NOON, NOON + 2 * REST)


def test_a_probe_that_is_answered_closes_it_and_forgets_the_failures(resting):
    play(resting, "oxxxx", NOON + REST)
    assert resting.resting_since is None
    assert len(resting.recent) == 5


def test_a_probe_that_was_cancelled_is_replaced_after_a_rest(resting):
    resting.admit(NOON + REST)
    assert play(resting, "o", NOON + 2 * REST).resting_since is None


def test_what_began_before_it_opened_neither_closes_nor_prolongs_it():
    breaker = Breaker("parcels")
    early, late = breaker.admit(NOON), breaker.admit(NOON)
    play(breaker, "xxxxx")
    breaker.record(early, Attempt(NOON + 5 * SECOND))
    breaker.record(late, Attempt(NOON + 5 * SECOND, "no answer"))
    assert (breaker.resting_since, breaker.next_probe_at) == (NOON, NOON + REST)


def test_a_lost_probe_that_ends_late_says_nothing(resting):
    lost = resting.admit(NOON + REST)
    resting.admit(NOON + 2 * REST)
    resting.record(lost, Attempt(NOON + 2 * REST))
    assert resting.resting_since == NOON


def test_it_logs_once_when_a_partner_goes_down_and_once_when_it_is_back(caplog):
    with caplog.at_level(logging.INFO):
        breaker = play(Breaker("parcels"), "xxxxx")
        for rests in (1, 2, 3):
            play(breaker, "x", NOON + rests * REST)
        play(breaker, "oo", NOON + 4 * REST)
    assert [r.message for r in caplog.records] == [
        "parcels rests after repeated failures: answered 500",
        "parcels answers again",
    ]


@given(st.text("ox", max_size=40))
def test_whatever_happened_a_partner_that_answers_is_used_again_after_one_rest(answers):
    breaker, at = Breaker("parcels"), NOON
    for answer in answers:
        at += REST
        play(breaker, answer, at)
    play(breaker, "oooooooooo", at + REST)
    assert breaker.resting_since is None
