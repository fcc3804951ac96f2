from datetime import UTC, datetime, timedelta

import pytest

from api.pages.moments import When, to_age, to_countdown, to_day, to_short, to_span

NOW = datetime(2026, 11, 12, 6, 41, 10, tzinfo=UTC)
HELSINKI = "Europe/Helsinki"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        ({"seconds": 59}, "now"),
        ({"minutes": 12}, "12 min"),
        ({"hours": 2, "minutes": 10}, "2 h 10 min"),
        ({"hours": 3}, "3 h"),
        ({"hours": 7, "minutes": 59}, "7 h"),
        ({"days": 1, "hours": 6}, "30 h"),
        ({"days": 3}, "3 d"),
    ],
)
def test_a_length_is_as_exact_as_it_deserves(length: dict[str, int], said: str) -> None:
    assert to_span(timedelta(**length)) == said


def test_ages_and_countdowns_say_which_way_they_point() -> None:
    hour = timedelta(hours=1)
    assert to_age(NOW - hour, NOW) == "1 h ago"
    assert to_age(NOW, NOW) == "just now"
    assert to_countdown(NOW + hour, NOW) == "in 1 h"
    assert to_countdown(NOW - hour, NOW) == "1 h late"
    assert to_countdown(NOW, NOW) == "due now"


@pytest.mark.parametrize(("days", "said"), [(0, "08:41"), (1, "11 Nov 08:41"), (400, "8 Oct 2025")])
def test_a_moment_says_no_more_than_is_needed(days: int, said: str) -> None:
    assert to_short(NOW - timedelta(days=days), HELSINKI, NOW) == said


def test_a_day_is_the_readers_day() -> None:
    late = datetime(2026, 11, 12, 23, 30, tzinfo=UTC)
    assert to_day(late, HELSINKI) == "Friday 13 November 2026"


def test_two_hours_before_its_time_a_promise_is_soon() -> None:
    when = When(NOW, HELSINKI)
    assert when.is_soon(NOW + timedelta(minutes=119))
    assert not when.is_soon(NOW + timedelta(minutes=121))
