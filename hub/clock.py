"""Time is passed in. Nothing else in the product reads the system's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """Runs at the system's pace, moved by `advance` and `set`: for stories, sandboxes and tests."""

    def __init__(self, start: datetime | None = None) -> None:
        self.offset = timedelta()
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def set(self, to: datetime) -> None:
        self.offset = to - datetime.now(UTC)

    def advance(self, by: timedelta) -> None:
        self.offset += by


class FixedClock:
    """Stands still until told: for tests of pure time rules."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by
