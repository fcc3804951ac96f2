"""Times as a person reads them at a glance. Pure. For the staff, in English, in the house's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def to_span(length: timedelta) -> str:
    """`now`, `12 min`, `2 h 10 min`, `7 h`, `3 d`: as exact as the length deserves."""
    length = abs(length)
    if length < MINUTE:
        return "now"
    if length < HOUR:
        return f"{length // MINUTE} min"
    hours, minutes = length // HOUR, (length % HOUR) // MINUTE
    if length < 4 * HOUR and minutes:
        return f"{hours} h {minutes} min"
    return f"{hours} h" if length < 2 * DAY else f"{length // DAY} d"


def to_age(at: datetime, now: datetime) -> str:
    span = to_span(now - at)
    return "just now" if span == "now" else f"{span} ago"


def to_countdown(due_at: datetime, now: datetime) -> str:
    """`in 2 h 10 min`, `due now`, `3 h late`."""
    span = to_span(due_at - now)
    if span == "now":
        return "due now"
    return f"{span} late" if due_at < now else f"in {span}"


def to_day(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B %Y}"


def to_clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def to_short(at: datetime, zone: str, now: datetime) -> str:
    """The clock today, the day this year, else the date."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == today.date():
        return f"{local:%H:%M}"
    day = f"{local.day} {local:%b}"
    return f"{day} {local:%H:%M}" if local.year == today.year else f"{day} {local.year}"


def to_full(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


class When:
    """The times of one page: all told from the same `now`, in the same zone."""

    def __init__(self, now: datetime, zone: str) -> None:
        self.now, self.zone = now, zone

    def short(self, at: datetime) -> str:
        return to_short(at, self.zone, self.now)

    def full(self, at: datetime) -> str:
        return to_full(at, self.zone)

    def clock(self, at: datetime) -> str:
        return to_clock(at, self.zone)

    def age(self, at: datetime) -> str:
        return to_age(at, self.now)

    def countdown(self, due_at: datetime) -> str:
        return to_countdown(due_at, self.now)

    def is_past(self, at: datetime) -> bool:
        return at < self.now

    def is_soon(self, due_at: datetime) -> bool:
        """Within two hours, or past."""
        return due_at < self.now + 2 * HOUR
