from datetime import datetime, timedelta
from typing import Any

import pytest

from api.pages.needs import list_needs, say_found
from hub.chain import State, Verdict
from hub.views.values import CaseStatus

MINUTE = timedelta(minutes=1)


def texts(make: Any, **row: Any) -> list[str]:
    return [need.text for need in list_needs(make.row(**row), make.now)]


def test_the_most_pressing_stands_first(make: Any, now: datetime) -> None:
    row = {
        "promise_broken": True,
        "due_at": now + 90 * MINUTE,
        "call": "recurred",
        "partner_wrote_at": now - 5 * MINUTE,
    }
    assert texts(make, **row) == [
        "A promise was broken",
        "Promise due in 1 h 30 min",
        "Write in person",
        "A partner answered, 5 min ago",
    ]


def test_a_message_that_the_automation_answered_needs_nobody(make: Any, now: datetime) -> None:
    row = {"awaits_reply": True, "customer_wrote_at": now - 9 * MINUTE, "we_wrote_at": now - 8 * MINUTE}
    assert texts(make, **row) == ["Asking the partners"]


def test_a_message_after_our_last_word_is_new(make: Any, now: datetime) -> None:
    row = {"awaits_reply": True, "customer_wrote_at": now - 7 * MINUTE, "we_wrote_at": now - 8 * MINUTE}
    assert texts(make, **row) == ["New message, 7 min ago"]


def test_who_wants_a_person_is_seen_even_when_a_machine_answered(make: Any, now: datetime) -> None:
    wrote = {"customer_wrote_at": now - 9 * MINUTE, "we_wrote_at": now - 8 * MINUTE}
    assert texts(make, is_stopped=True, awaits_reply=True, **wrote) == ["Wants a person"]


def test_a_partners_answer_is_news_until_we_wrote(make: Any, now: datetime) -> None:
    row = {"partner_wrote_at": now - 7 * MINUTE, "we_wrote_at": now - 6 * MINUTE}
    assert texts(make, **row) == ["Asking the partners"]


@pytest.mark.parametrize(
    ("row", "tone"),
    [
        ({"call": "arrived"}, "good"),
        ({"has_held_message": True}, "call"),
        ({"call": "publisher_desk asks for device"}, "call"),
        ({"status": CaseStatus.SOLVED, "promise_broken": True}, "done"),
        ({}, "plain"),
    ],
)
def test_the_tone_tells_whether_the_owner_is_wanted(make: Any, row: dict[str, Any], tone: str) -> None:
    assert list_needs(make.row(**row), make.now)[0].tone == tone


def test_the_verdict_is_said_in_a_few_words(make: Any) -> None:
    broken = Verdict(state=State.BROKEN, link="delivered", partner="delivery", reason="no_licence")
    down = Verdict(state=State.UNKNOWN, link="entitled", partner="app_store", reason="down")
    assert say_found(make.row(verdict=broken)) == "Broken at delivered: no licence was made"
    assert say_found(make.row(verdict=down)) == "App store does not answer"
    assert say_found(make.row()) == "Not looked at yet"
