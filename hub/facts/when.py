"""A day, week or month that a text names, and the arithmetic of its two readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class When:
    """`start` and `end` are offsets in the message; `past` and `future` are the first day of the two readings: the
    last one not after the message, the next one not before it. `grain` is day, week or month; `kind` is how it was
    written: numeric, name, weekday, relative, ago or span."""

    start: int
    end: int
    past: date
    future: date
    grain: str
    kind: str

    def to_normal(self, day: date) -> str:
        return day.strftime("%Y-%m") if self.grain == "month" else day.isoformat()


def find_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def resolve_day(month: int, day: int, year: int | None, today: date) -> tuple[date, date] | None:
    """The last such day not after today and the next not before it; None where there is no such day."""
    if year is not None:
        fixed = find_date(year, month, day)
        return (fixed, fixed) if fixed else None
    options = [d for y in range(today.year - 4, today.year + 5) if (d := find_date(y, month, day))]
    past, future = [d for d in options if d <= today], [d for d in options if d >= today]
    return (past[-1], future[0]) if past and future else None


def add_months(day: date, months: int) -> date:
    """The first day of the month so many months from that of `day`."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def resolve_month(month: int, today: date, ahead: int) -> date:
    """The latest such month that is at most `ahead` months after today's."""
    limit = add_months(today, ahead)
    year = limit.year if month <= limit.month else limit.year - 1
    return date(year, month, 1)


def week_start(day: date) -> date:
    return day - timedelta(days=day.weekday())
