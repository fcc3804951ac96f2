"""The one HTTP client that every connector speaks through.

Holds time limits, retries (at most 3 tries, within seconds, only for safe or keyed calls), the rate limit a
partner states, a breaker sized for small traffic and a bulkhead, and maps every failure to a PartnerError.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx
import tenacity

from connectors.answers import SAFE, Dialect, parse_json, retry_after_seconds, to_error
from connectors.breaker import Attempt, Breaker
from hub.clock import Clock
from hub.errors import ContractBroken, RetryLater

__all__ = ["Dialect", "Limits", "PartnerHttp", "PartnerState", "make_client", "retry_after_seconds"]

T = TypeVar("T")
TRIES = 3
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_OUR_FAULT = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes. `total` is for one call with all its tries, whatever drips in meanwhile; `place` is how
    long it waits for a free place in the bulkhead before that; `pause` is before the second try; `body` is the
    most that is read of one answer."""

    connect: float = 5
    read: float = 10
    total: float = 25
    place: float = 5
    pause: float = 0.2
    body: int = 10 * 1024 * 1024


LIMITS = Limits()


def make_client(
    base_url: str,
    *,
    limits: Limits = LIMITS,
    transport: httpx.AsyncBaseTransport | None = None,
    auth: httpx.Auth | tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.AsyncClient:
    """The only way that a connector makes its client: no call without limits, no redirect followed."""
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=httpx.Timeout(limits.read, connect=limits.connect),
        transport=transport,
        auth=auth,
        headers={"User-Agent": "luotsi", **(headers or {})},
        follow_redirects=False,
    )


@dataclass(frozen=True)
class PartnerState:
    """How a partner has answered this process lately, for the ops page. Times that have passed are None."""

    partner: str
    resting_since: datetime | None
    next_probe_at: datetime | None
    held_until: datetime | None
    under_way: int
    recent: tuple[Attempt, ...]

    @property
    def failures(self) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self.recent if attempt.failure)


class PartnerHttp:
    """`await http.request("GET", "/path")` answers a 2xx response or raises a PartnerError."""

    def __init__(
        self,
        partner: str,
        client: httpx.AsyncClient,
        clock: Clock,
        dialect: Dialect | None = None,
        concurrency: int = 8,
        *,
        limits: Limits = LIMITS,
    ) -> None:
        self.partner = partner
        self.client = client
        self.clock = clock
        self.dialect = dialect or Dialect()
        self.limits = limits
        self._breaker = Breaker(partner)
        self._places = asyncio.Semaphore(concurrency)
        self._under_way = 0
        self._held_until: datetime | None = None

    @property
    def state(self) -> PartnerState:
        held = self._held_until
        return PartnerState(
            partner=self.partner,
            resting_since=self._breaker.resting_since,
            next_probe_at=self._breaker.next_probe_at,
            held_until=held if held is not None and self.clock.now() < held else None,
            under_way=self._under_way,
            recent=tuple(self._breaker.recent),
        )

    async def request(
        self, method: str, path: str, *, keyed: bool = False, accept: tuple[int, ...] = (), **options: Any
    ) -> httpx.Response:
        """`keyed` says that the partner takes an idempotency key, so that trying again is safe. `accept` lists
        statuses outside 2xx that are an answer, not a failure (404 for a find, 303 for a place). `options` are
        httpx's own. `path` may be a whole address that the partner gave, if it is the partner's own server."""
        method = method.upper()
        self._check_address(path)
        tries = TRIES if keyed or method in SAFE else 1
        sent = False
        async with self._place():
            give_up_at = asyncio.get_running_loop().time() + self.limits.total
            async for attempt in tenacity.AsyncRetrying(
                stop=tenacity.stop_after_attempt(tries) | tenacity.stop_before_delay(self.limits.total),
                wait=tenacity.wait_exponential_jitter(multiplier=self.limits.pause, max=2, jitter=self.limits.pause),
                retry=tenacity.retry_if_exception(_is_worth_another_try),
                reraise=True,
            ):
                with attempt:
                    try:
                        return await self._try(method, path, accept, options, give_up_at)
                    except RetryLater as error:
                        # A later try that never got out does not undo what an earlier one may have done.
                        error.sent = sent = sent or error.sent
                        raise
        raise AssertionError("unreachable")

    def parse_json(self, response: httpx.Response, shape: type[T]) -> T:
        """The body as `shape` (a model, or a type like list[Model]); ContractBroken with the payload if not."""
        return parse_json(self.partner, response, shape)

    async def close(self) -> None:
        await self.client.aclose()

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.limits.place):
                await self._places.acquire()
        except TimeoutError:
            raise RetryLater(self.partner, "too many calls are under way") from None
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._places.release()

    def _check_address(self, path: str) -> None:
        """Our credentials go to the partner's own server only, whatever address it handed us."""
        own = self.client.base_url
        try:
            asked = self.client.build_request("GET", path).url
        except httpx.InvalidURL:
            raise ContractBroken(self.partner, "an address that cannot be asked") from None
        if own.host and (asked.scheme, asked.host, asked.port) != (own.scheme, own.host, own.port):
            raise ContractBroken(self.partner, f"an address at another server: {asked.scheme}://{asked.host}")

    async def _try(
        self, method: str, path: str, accept: tuple[int, ...], options: dict[str, Any], give_up_at: float
    ) -> httpx.Response:
        turn = self._admit(self.clock.now())
        try:
            response = await self._exchange(method, path, options, give_up_at)
        except RetryLater as error:
            self._breaker.record(turn, Attempt(self.clock.now(), error.detail))
            raise
        now, status = self.clock.now(), response.status_code
        self._breaker.record(turn, Attempt(now, f"answered {status}" if status >= 500 else ""))
        if response.is_success or status in accept:
            return response
        failure = to_error(self.partner, response, self.dialect, now)
        if isinstance(failure, RetryLater) and failure.after is not None:
            self._held_until = max(failure.after, self._held_until or failure.after)
        raise failure

    def _admit(self, now: datetime) -> int:
        if self._held_until is not None and now < self._held_until:
            raise RetryLater(self.partner, "the partner asked us to wait", after=self._held_until)
        return self._breaker.admit(now)

    async def _exchange(self, method: str, path: str, options: dict[str, Any], give_up_at: float) -> httpx.Response:
        """The whole answer. Causes are left out of the errors: they may quote our headers or the partner's."""
        options = {**options, "follow_redirects": False}
        try:
            async with asyncio.timeout_at(give_up_at), self.client.stream(method, path, **options) as response:
                return await self._read_whole(response)
        except (*_OUR_FAULT, httpx.DecodingError) as error:
            raise ContractBroken(self.partner, f"{method} failed: {type(error).__name__}") from None
        except TimeoutError:
            detail = f"no whole answer within {self.limits.total:g} s"
            raise RetryLater(self.partner, detail, sent=method not in SAFE) from None
        except httpx.HTTPError as error:
            sent = method not in SAFE and not isinstance(error, _NEVER_SENT)
            raise RetryLater(self.partner, _explain(error), sent=sent) from None

    async def _read_whole(self, response: httpx.Response) -> httpx.Response:
        """Counts what comes out of decompression, so that a small answer cannot become a huge one."""
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self.limits.body:
                raise ContractBroken(self.partner, f"an answer of more than {self.limits.body} bytes")
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_WIRE]
        return httpx.Response(response.status_code, headers=headers, content=bytes(body), request=response.request)


def _is_worth_another_try(error: BaseException) -> bool:
    return isinstance(error, RetryLater) and error.after is None


def _explain(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ConnectError):
        return f"no connection: {error}"
    kind = "no answer in time" if isinstance(error, httpx.TimeoutException) else "connection lost"
    return f"{kind}: {type(error).__name__}"
