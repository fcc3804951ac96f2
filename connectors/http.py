"""The one HTTP client that every connector speaks through.

Holds time limits, retries (at most 3 tries, within seconds, only for safe or keyed calls), the rate limit a
partner states, a breaker sized for small traffic and a bulkhead, and maps every failure to a PartnerError.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import tenacity

from hub.clock import Clock
from hub.errors import PartnerError, Refused, Rejected, RetryLater

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def retry_after_seconds(value: str, now: datetime) -> datetime | None:
    """`Retry-After` as most partners state it: seconds from now."""
    return now + timedelta(seconds=int(value)) if value.isdigit() else None


def no_code(response: httpx.Response) -> str:
    return ""


@dataclass(frozen=True)
class Dialect:
    """How one partner says things: the unit of its Retry-After, where its error code stands."""

    retry_after: Callable[[str, datetime], datetime | None] = retry_after_seconds
    error_code: Callable[[httpx.Response], str] = no_code


@dataclass
class Breaker:
    """Opens after 5 failures in a row, or half of the last 10; one probe is let through per `rest`."""

    rest: timedelta = timedelta(seconds=30)
    recent: list[bool] = field(default_factory=list)
    opened_at: datetime | None = None
    probing: bool = False

    def check(self, partner: str, now: datetime) -> None:
        if self.opened_at is None:
            return
        if now < self.opened_at + self.rest or self.probing:
            raise RetryLater(partner, "resting after repeated failures", after=self.opened_at + self.rest)
        self.probing = True

    def record(self, ok: bool, now: datetime) -> None:
        self.probing = False
        self.recent = [*self.recent, ok][-10:]
        if ok:
            self.opened_at = None
            self.recent = self.recent if self.recent.count(False) < 5 else [True]
        elif self._too_many():
            self.opened_at = now

    def _too_many(self) -> bool:
        in_a_row = len(self.recent) >= 5 and not any(self.recent[-5:])
        return in_a_row or (len(self.recent) == 10 and self.recent.count(False) >= 5)


class PartnerHttp:
    """`await http.request("GET", "/path")` answers a 2xx or 3xx response or raises a PartnerError."""

    def __init__(
        self,
        partner: str,
        client: httpx.AsyncClient,
        clock: Clock,
        dialect: Dialect | None = None,
        concurrency: int = 8,
    ) -> None:
        self.partner = partner
        self.client = client
        self.clock = clock
        self.dialect = dialect or Dialect()
        self.breaker = Breaker()
        self.bulkhead = asyncio.Semaphore(concurrency)
        self.held_until: datetime | None = None

    async def request(
        self, method: str, path: str, *, keyed: bool = False, accept: tuple[int, ...] = (), **options: Any
    ) -> httpx.Response:
        """`keyed` says that the partner takes an idempotency key, so that trying again is safe. `accept` lists
        error statuses that are an answer, not a failure (404 for a find). `options` are httpx's own."""
        tries = 3 if keyed or method in SAFE else 1
        async for attempt in tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(tries),
            wait=tenacity.wait_exponential_jitter(multiplier=0.2, max=2),
            retry=tenacity.retry_if_exception(_worth_another_try),
            reraise=True,
        ):
            with attempt:
                return await self._once(method, path, accept, options)
        raise AssertionError("unreachable")

    async def _once(self, method: str, path: str, accept: tuple[int, ...], options: dict[str, Any]) -> httpx.Response:
        now = self.clock.now()
        if self.held_until is not None and now < self.held_until:
            raise RetryLater(self.partner, "rate limit", after=self.held_until)
        self.breaker.check(self.partner, now)
        try:
            async with self.bulkhead:
                response = await self.client.request(method, path, **options)
        except httpx.HTTPError as error:
            self.breaker.record(False, self.clock.now())
            sent = method not in SAFE and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise RetryLater(self.partner, f"no answer: {type(error).__name__}", sent=sent) from error
        except BaseException:
            self.breaker.probing = False
            raise
        self.breaker.record(response.status_code < 500, self.clock.now())
        if response.status_code < 400 or response.status_code in accept:
            return response
        raise self._error(method, response)

    def _error(self, method: str, response: httpx.Response) -> PartnerError:
        status, code = response.status_code, self.dialect.error_code(response)
        detail = f"{method} {response.request.url.path} answered {status} {code}".rstrip()
        if status == 429:
            after = self.dialect.retry_after(response.headers.get("Retry-After", ""), self.clock.now())
            self.held_until = after
            return RetryLater(self.partner, detail, after=after)
        if status >= 500:
            return RetryLater(self.partner, detail, sent=method not in SAFE)
        if status in (401, 403):
            return Refused(self.partner, detail)
        return Rejected(self.partner, detail, code=code)


def _worth_another_try(error: BaseException) -> bool:
    return isinstance(error, RetryLater) and error.after is None
