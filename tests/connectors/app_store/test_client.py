from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from connectors.app_store.client import DIALECT, AppStoreClient, TokenAuth, to_error_code, to_retry_after
from connectors.http import PartnerHttp
from connectors.sandbox.app_store_signing import make_credentials
from hub.clock import FixedClock
from hub.errors import ContractBroken, Refused, Rejected, RetryLater

NOW = datetime(2026, 11, 5, 9, tzinfo=UTC)
CREDENTIALS = make_credentials()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def auth(clock: FixedClock) -> TokenAuth:
    claims = {"iss": CREDENTIALS.issuer_id, "bid": CREDENTIALS.bundle_id}
    return TokenAuth(claims, CREDENTIALS.key_id, CREDENTIALS.private_key, clock)


def client_of(status: int, body: Any, clock: FixedClock) -> AppStoreClient:
    """A client of an Apple that always answers this: for answers that the sandbox has no order for."""
    transport = httpx.MockTransport(lambda request: httpx.Response(status, json=body))
    http = httpx.AsyncClient(base_url="http://app-store.test", transport=transport)
    return AppStoreClient(PartnerHttp("app_store", http, clock, DIALECT))


def test_a_token_says_who_we_are_as_apple_wants_it(auth: TokenAuth) -> None:
    token = auth.fresh_token(NOW)
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": CREDENTIALS.key_id, "typ": "JWT"}
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "iss": CREDENTIALS.issuer_id,
        "bid": CREDENTIALS.bundle_id,
        "aud": "appstoreconnect-v1",
        "exp": int((NOW + timedelta(minutes=5)).timestamp()),
    }


def test_a_token_is_kept_while_it_is_good_and_made_anew_shortly_before_it_lapses(auth: TokenAuth) -> None:
    first = auth.fresh_token(NOW)
    assert auth.fresh_token(NOW + timedelta(minutes=3)) == first
    assert auth.fresh_token(NOW + timedelta(minutes=4)) != first


def test_a_token_from_the_future_is_made_anew(auth: TokenAuth) -> None:
    first = auth.fresh_token(NOW)
    assert auth.fresh_token(NOW - timedelta(days=60)) != first


def test_retry_after_is_read_as_a_unix_time_in_milliseconds() -> None:
    assert to_retry_after("1793869200000", NOW) == datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
    assert to_retry_after("soon", NOW) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 1}'])
def test_an_error_without_apples_code_has_none(body: bytes) -> None:
    assert to_error_code(httpx.Response(500, content=body)) == ""


@pytest.mark.parametrize("code", [4040002, 4040004, 4040006])
async def test_a_404_that_apple_calls_retryable_is_for_later(clock: FixedClock, code: int) -> None:
    client = client_of(404, {"errorCode": code, "errorMessage": "Try again."}, clock)
    with pytest.raises(RetryLater):
        await client.find_statuses("42")


@pytest.mark.parametrize("code", [4040001, 4040005, 4040010])
async def test_a_404_of_an_unknown_account_is_nothing_found(clock: FixedClock, code: int) -> None:
    client = client_of(404, {"errorCode": code, "errorMessage": "Not found."}, clock)
    assert await client.find_statuses("42") is None


async def test_an_app_that_apple_does_not_know_is_no_unknown_customer(clock: FixedClock) -> None:
    client = client_of(404, {"errorCode": 4040003, "errorMessage": "App not found."}, clock)
    with pytest.raises(Rejected):
        await client.find_statuses("42")


@pytest.mark.parametrize(("code", "expected"), [(4030004, Rejected), (4030007, Rejected), (4039999, Refused)])
async def test_a_403_of_this_subscription_differs_from_one_of_our_rights(
    clock: FixedClock, code: int, expected: type[Exception]
) -> None:
    client = client_of(403, {"errorCode": code, "errorMessage": "No."}, clock)
    with pytest.raises(expected):
        await client.extend("42", 30, 3, "a")


@pytest.mark.parametrize(
    "body",
    [
        {"hasMore": True, "notificationHistory": []},
        {"hasMore": "perhaps", "notificationHistory": []},
        {"hasMore": False, "notificationHistory": [{"payload": "x"}]},
    ],
)
async def test_a_history_that_cannot_be_followed_breaks_the_contract(clock: FixedClock, body: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken) as broken:
        await client_of(200, body, clock).read_notifications(NOW - timedelta(days=1), NOW)
    assert broken.value.payload == body
