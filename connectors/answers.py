"""What a partner's answer means: pure reading of one HTTP response into a value or one of the four errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from connectors.scrub import list_secrets, scrub, scrub_text
from hub.errors import ContractBroken, PartnerError, Refused, Rejected, RetryLater

T = TypeVar("T")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = frozenset({401, 403, 407})
REJECTED = frozenset({400, 402, 404, 409, 410, 412, 413, 422, 423, 424, 428, 451})
LONGEST_HOLD = timedelta(days=1)  # a partner that states more has mistaken the unit, or we have
LONGEST_CODE = 80
MOST_KEPT = 100_000  # characters of an answer that is not what the contract says


def retry_after_seconds(value: str, now: datetime) -> datetime | None:
    """`Retry-After` as RFC 9110 has it: seconds from now, or an HTTP date."""
    if value.isascii() and value.isdecimal():
        return now + timedelta(seconds=int(value))
    at = parsedate_to_datetime(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def no_code(response: httpx.Response) -> str:
    return ""


@dataclass(frozen=True)
class Dialect:
    """How one partner says things: the unit of its Retry-After, where its error code stands.

    Either may raise ValueError, LookupError or TypeError on what it cannot read.
    """

    retry_after: Callable[[str, datetime], datetime | None] = retry_after_seconds
    error_code: Callable[[httpx.Response], str] = no_code

    def find_retry_after(self, response: httpx.Response, now: datetime) -> datetime | None:
        """When the partner says to come back, at most a day from now."""
        stated = response.headers.get("Retry-After", "")
        try:
            after = self.retry_after(stated, now) if stated else None
        except (ValueError, LookupError, TypeError, OverflowError):
            return None
        return None if after is None else min(after, now + LONGEST_HOLD)

    def find_code(self, response: httpx.Response) -> str:
        try:
            return str(self.error_code(response))[:LONGEST_CODE]
        except (ValueError, LookupError, TypeError, AttributeError):
            return ""


def to_error(partner: str, response: httpx.Response, dialect: Dialect, now: datetime) -> PartnerError:
    """The error that an answer outside 2xx stands for."""
    status, method = response.status_code, response.request.method
    code = scrub_text(dialect.find_code(response), list_secrets(response.request))
    detail = f"{describe(response)} {code}".rstrip()
    if status in (408, 429) or status >= 500:
        after = dialect.find_retry_after(response, now)
        return RetryLater(partner, detail, after=after, sent=status >= 500 and method not in SAFE)
    if status in REFUSED:
        return Refused(partner, detail)
    if status in REJECTED:
        return Rejected(partner, detail, code=code)
    return ContractBroken(partner, detail, payload=to_payload(response.content, list_secrets(response.request)))


def parse_json(partner: str, response: httpx.Response, shape: type[T]) -> T:
    secrets = list_secrets(response.request)
    return parse_body(partner, response.content, shape, what=describe(response), secrets=secrets)


def parse_body(partner: str, raw: bytes, shape: type[T], *, what: str, secrets: Iterable[str] = ()) -> T:
    """JSON as `shape` (a model, or a type like list[Model]); ContractBroken with the payload if it is not that."""
    try:
        return TypeAdapter(shape).validate_json(raw)
    except ValidationError as error:
        places = [".".join(map(str, e["loc"])) or "body" for e in error.errors(include_input=False)[:5]]
        detail = f"{what} in a shape we do not know, at: {', '.join(places)}"
        # The cause would carry the partner's raw values into every log.
        raise ContractBroken(partner, detail, payload=to_payload(raw, secrets)) from None


def describe(response: httpx.Response) -> str:
    """The call without its query, which may carry secrets."""
    request = response.request
    path = scrub_text(request.url.path, list_secrets(request))
    return f"{request.method} {path} answered {response.status_code}"


def to_payload(raw: bytes, secrets: Iterable[str] = ()) -> Any:
    """What came, to keep as evidence: JSON where it is, else text; scrubbed, and cut where it is very long."""
    if len(raw) <= MOST_KEPT:
        try:
            return scrub(json.loads(raw), secrets)
        except (ValueError, RecursionError):
            pass
    return scrub(raw[:MOST_KEPT].decode(errors="replace"), secrets)
