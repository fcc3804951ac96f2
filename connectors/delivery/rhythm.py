"""When a title's next issue is due, from the rhythm in which its issues have come. Pure.

An issue counts as late only a day after the time within which most issues come, and after as many skipped periods
as the title itself has skipped of late; so a double issue or a summer break is no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

GRACE = timedelta(days=1)
RECENT = 12  # issues that make the rhythm, and the most that may be missing: after that the title has ceased
FEWEST = 3
FORMS = {"monthly": ("%Y-%m", "%Y-%m"), "weekly": ("%G-W%V-%u", "%G-W%V"), "daily": ("%Y-%m-%d", "%Y-%m-%d")}


@dataclass(frozen=True)
class Rhythm:
    """`starts` are the first moments of the latest issues' months, weeks or days, oldest first; `lag` is the time from
    there within which three of four issues came, negative for a title that is out before its month."""

    frequency: str
    starts: tuple[datetime, ...]
    lag: timedelta

    def is_late(self, start: datetime, at: datetime) -> bool:
        return start + self.lag + GRACE <= at

    def find_late(self, at: datetime) -> str | None:
        """The name of the last issue that should be out by `at` and has not come, or None."""
        late = list(self._list_periods(self.starts[-1], at - self.lag - GRACE))
        skipped = max(len(list(self._list_periods(a, b))) for a, b in pairwise(self.starts))
        return late[-1].strftime(FORMS[self.frequency][1]) if skipped <= len(late) <= RECENT else None

    def _list_periods(self, after: datetime, until: datetime) -> Iterator[datetime]:
        follow = self._follow_day if self.frequency == "daily" else FOLLOW[self.frequency]
        while (after := follow(after)) <= until:
            yield after

    def _follow_day(self, start: datetime) -> datetime:
        """The next of the weekdays on which the paper comes."""
        weekdays = {day.weekday() for day in self.starts}
        days = (start + timedelta(days=n) for n in range(1, 8))
        return next(day for day in days if day.weekday() in weekdays)


FOLLOW: dict[str, Callable[[datetime], datetime]] = {
    "monthly": lambda start: (start + timedelta(days=32)).replace(day=1),
    "weekly": lambda start: start + timedelta(weeks=1),
}


def find_rhythm(frequency: str, issues: Iterable[tuple[str, datetime]]) -> Rhythm | None:
    """From names (`2026-11`) and times of publication; None where they are too few, or are not named by time."""
    if frequency not in FORMS:
        return None
    named = [(parse_period(frequency, name), published_at) for name, published_at in issues]
    came = sorted((start, published_at) for start, published_at in named if start is not None)[-RECENT:]
    if len({start for start, _ in came}) < FEWEST:
        return None
    lags = sorted(published_at - start for start, published_at in came)
    starts = tuple(sorted({start for start, _ in came}))
    return Rhythm(frequency, starts, lag=lags[len(lags) * 3 // 4])


def parse_period(frequency: str, name: str) -> datetime | None:
    text = f"{name}-1" if frequency == "weekly" else name
    try:
        return datetime.strptime(text, FORMS[frequency][0]).replace(tzinfo=UTC)
    except ValueError:
        return None
