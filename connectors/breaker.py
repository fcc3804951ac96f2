"""A breaker sized for small traffic: a partner that keeps failing is left in peace, then tried once."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.errors import RetryLater

log = logging.getLogger(__name__)

IN_A_ROW = 5
WINDOW = 10
REST = timedelta(seconds=30)


@dataclass(frozen=True)
class Attempt:
    """One try at the partner. `failure` is empty when it answered."""

    at: datetime
    failure: str = ""


@dataclass
class Breaker:
    """Opens after 5 failures in a row, or 5 among the last 10. Then one probe is let through per `rest`.

    A probe holds its place for one `rest`, which is longer than any call may last: a probe that was cancelled
    is replaced by the next, and no flag can be left standing. What began before the breaker turned says nothing.
    """

    partner: str
    rest: timedelta = REST
    resting_since: datetime | None = None
    next_probe_at: datetime | None = None
    recent: deque[Attempt] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _turn: int = 0

    def admit(self, now: datetime) -> int:
        """The turn to record the attempt under. RetryLater while the partner rests."""
        if self.next_probe_at is None:
            return self._turn
        if now < self.next_probe_at:
            raise RetryLater(self.partner, "resting after repeated failures", after=self.next_probe_at)
        self.next_probe_at = now + self.rest
        self._turn += 1
        return self._turn

    def record(self, turn: int, attempt: Attempt) -> None:
        if turn != self._turn:
            return
        if self.resting_since is not None and not attempt.failure:
            self._close()
        self.recent.append(attempt)
        if attempt.failure and (self.resting_since is not None or self._too_many()):
            self._open(attempt)

    def _open(self, attempt: Attempt) -> None:
        if self.resting_since is None:
            log.warning("%s rests after repeated failures: %s", self.partner, attempt.failure)
            self.resting_since = attempt.at
        self.next_probe_at = attempt.at + self.rest
        self._turn += 1

    def _close(self) -> None:
        log.info("%s answers again", self.partner)
        self.resting_since = self.next_probe_at = None
        self.recent.clear()
        self._turn += 1

    def _too_many(self) -> bool:
        failed = [bool(attempt.failure) for attempt in self.recent]
        in_a_row = len(failed) >= IN_A_ROW and all(failed[-IN_A_ROW:])
        return in_a_row or (len(failed) == WINDOW and failed.count(True) * 2 >= WINDOW)
