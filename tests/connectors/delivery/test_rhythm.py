from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.delivery.rhythm import Rhythm, find_rhythm, parse_period

DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rhythm(frequency: str, *names: str, after: timedelta = timedelta(days=1, hours=3)) -> Rhythm:
    """Of issues that came so long after the start of their month, week or day."""
    starts = [(name, parse_period(frequency, name)) for name in names]
    found = find_rhythm(frequency, [(name, start + after) for name, start in starts if start])
    assert found is not None
    return found


MONTHLY = rhythm("monthly", "2026-08", "2026-09", "2026-10")
WEEKLY = rhythm("weekly", "2026-W52", "2026-W51", "2026-W53", after=timedelta(hours=3))
DAILY = rhythm("daily", *(f"2026-11-{day:02}" for day in range(2, 15)), after=timedelta(hours=3))
SIX_DAYS = rhythm("daily", *(f"2026-11-{day:02}" for day in range(2, 15) if day != 8), after=timedelta(hours=3))


@pytest.mark.parametrize(
    ("kept", "last_moment", "late"),
    [
        (MONTHLY, "2026-11-03T03:00", "2026-11"),
        (WEEKLY, "2027-01-05T03:00", "2027-W01"),
        (DAILY, "2026-11-16T03:00", "2026-11-15"),
        (SIX_DAYS, "2026-11-17T03:00", "2026-11-16"),
    ],
)
def test_an_issue_is_late_a_day_after_its_usual_time_and_never_before(
    kept: Rhythm, last_moment: str, late: str
) -> None:
    assert kept.find_late(at(last_moment)) == late
    assert kept.find_late(at(last_moment) - timedelta(seconds=1)) is None


def test_the_last_of_several_late_ones_is_the_one_that_is_due() -> None:
    assert MONTHLY.find_late(at("2027-01-20")) == "2027-01"


def test_a_title_that_has_ceased_is_not_late() -> None:
    assert MONTHLY.find_late(at("2028-01-20")) is None


def test_a_month_that_comes_out_before_it_begins_is_late_before_it_begins() -> None:
    early = rhythm("monthly", "2026-09", "2026-10", "2026-11", after=timedelta(days=-20))
    assert early.find_late(at("2026-11-12")) == "2026-12"
    assert early.find_late(at("2026-11-11")) is None


def test_one_late_issue_among_many_does_not_make_lateness_usual() -> None:
    came = [(f"2026-{month:02}", at(f"2026-{month:02}-02")) for month in range(2, 10)]
    kept = find_rhythm("monthly", [*came, ("2026-10", at("2026-10-20"))])
    assert kept is not None
    assert kept.lag == DAY


def test_a_title_that_skips_a_period_now_and_then_is_late_only_after_a_longer_gap() -> None:
    kept = rhythm("weekly", "2026-W26", "2026-W27", "2026-W29", "2026-W30")
    assert kept.find_late(at("2026-07-30")) is None
    assert kept.find_late(at("2026-08-06")) == "2026-W32"


@pytest.mark.parametrize(
    ("frequency", "names"),
    [
        ("monthly", ["2026-10", "2026-11"]),
        ("monthly", ["2026-11", "2026-11", "2026-11"]),
        ("monthly", ["Autumn", "Winter", "2026-10", "2026-11"]),
        ("weekly", ["2026-09", "2026-10", "2026-11"]),
        ("quarterly", ["2026-01", "2026-04", "2026-07"]),
        ("", ["2026-09", "2026-10", "2026-11"]),
    ],
)
def test_too_few_issues_or_none_named_by_time_make_no_rhythm(frequency: str, names: list[str]) -> None:
    assert find_rhythm(frequency, [(name, at("2026-11-02")) for name in names]) is None


@given(st.sampled_from([MONTHLY, WEEKLY, DAILY, SIX_DAYS]), st.integers(-300, 800))
def test_what_is_late_has_not_come_and_is_past_its_time(kept: Rhythm, days: int) -> None:
    now = at("2026-11-02T02:59") + timedelta(days=days)
    start = parse_period(kept.frequency, kept.find_late(now) or "")
    assert start is None or (start > kept.starts[-1] and kept.is_late(start, now))
