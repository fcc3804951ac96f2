"""The App Store Server API, a method per endpoint. Raises only PartnerErrors."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import jwt
from pydantic import ValidationError

from connectors.app_store.wire import (
    AppleError,
    Extension,
    NotificationHistory,
    OrderLookup,
    Statuses,
    to_millis,
)
from connectors.http import Dialect, PartnerHttp
from hub.clock import Clock
from hub.errors import Refused, Rejected, RetryLater

AUDIENCE = "appstoreconnect-v1"
TOKEN_LIFE = timedelta(minutes=5)
TOKEN_REST = timedelta(minutes=4)

NOT_KNOWN = frozenset({"4000006", "4000008", "4040001", "4040005", "4040010"})
RETRYABLE = frozenset({"4040002", "4040004", "4040006"})
TOKEN_STALE = frozenset({"4000014", "4000017"})
INELIGIBLE = frozenset({"4030004", "4030005", "4030007"})


def to_retry_after(value: str, now: datetime) -> datetime | None:
    """Apple's `Retry-After` is a UNIX time in milliseconds, not seconds from now."""
    return datetime.fromtimestamp(int(value) / 1000, UTC) if value.isdecimal() else None


def to_error_code(response: httpx.Response) -> str:
    try:
        return str(AppleError.model_validate_json(response.content).error_code)
    except ValidationError:
        return ""


DIALECT = Dialect(retry_after=to_retry_after, error_code=to_error_code)


class TokenAuth(httpx.Auth):
    """A bearer token signed with our API key: good for five minutes, made anew after four, or if time ran back."""

    def __init__(self, claims: dict[str, str], key_id: str, private_key: str, clock: Clock) -> None:
        self.claims = claims | {"aud": AUDIENCE}
        self.key_id = key_id
        self.private_key = private_key
        self.clock = clock
        self.token = ""
        self.made_at = datetime.min.replace(tzinfo=UTC)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.fresh_token(self.clock.now())}"
        yield request

    def fresh_token(self, now: datetime) -> str:
        if not self.made_at <= now < self.made_at + TOKEN_REST:
            claims: dict[str, Any] = self.claims | {"exp": int((now + TOKEN_LIFE).timestamp())}
            self.token = jwt.encode(claims, self.private_key, algorithm="ES256", headers={"kid": self.key_id})
            self.made_at = now
        return self.token


class AppStoreClient:
    def __init__(self, http: PartnerHttp) -> None:
        self.http = http

    async def look_up_order(self, order: str) -> OrderLookup:
        response = await self._send("GET", f"/inApps/v1/lookup/{quote(order, safe='')}")
        return self.http.parse_json(response, OrderLookup)

    async def find_statuses(self, transaction_id: str) -> Statuses | None:
        """None where Apple knows no such transaction of this app."""
        try:
            response = await self._send("GET", f"/inApps/v1/subscriptions/{quote(transaction_id, safe='')}")
        except Rejected as error:
            if error.code in NOT_KNOWN:
                return None
            raise
        return self.http.parse_json(response, Statuses)

    async def extend(self, transaction_id: str, days: int, reason_code: int, request_identifier: str) -> Extension:
        """Not idempotent. Rejected with one of INELIGIBLE where Apple will not extend this one."""
        response = await self._send(
            "PUT",
            f"/inApps/v1/subscriptions/extend/{quote(transaction_id, safe='')}",
            accept=(403,),
            json={"extendByDays": days, "extendReasonCode": reason_code, "requestIdentifier": request_identifier},
        )
        if response.status_code == 403:
            raise self._forbidden(response)
        return self.http.parse_json(response, Extension)

    async def read_notifications(
        self, start: datetime, end: datetime, *, token: str | None = None, transaction_id: str | None = None
    ) -> NotificationHistory:
        """A page of at most 20. A further page wants the same span and transaction as the first."""
        body: dict[str, Any] = {"startDate": to_millis(start), "endDate": to_millis(end)}
        if transaction_id is not None:
            body["transactionId"] = transaction_id
        params = {"paginationToken": token} if token else {}
        # A read, though Apple has it as a POST: safe to try again.
        response = await self._send("POST", "/inApps/v1/notifications/history", keyed=True, json=body, params=params)
        return self.http.parse_json(response, NotificationHistory)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self.http.request(method, path, **options)
        except Rejected as error:
            if error.code in RETRYABLE:
                raise RetryLater(error.partner, error.detail) from error
            raise

    def _forbidden(self, response: httpx.Response) -> Refused | Rejected:
        code = to_error_code(response)
        if code in INELIGIBLE:
            return Rejected(self.http.partner, f"will not extend: {code}", code=code)
        return Refused(self.http.partner, f"forbidden: {code}".rstrip(": "))
