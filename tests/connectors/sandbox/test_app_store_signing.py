from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from connectors.sandbox.app_store_signing import Credentials, is_authorised, make_credentials

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def credentials() -> Credentials:
    return make_credentials()


def bearer(credentials: Credentials, kid: str | None = None, **changed: Any) -> str:
    """A token as Apple wants it, but for what is changed."""
    claims = {
        "iss": credentials.issuer_id,
        "bid": credentials.bundle_id,
        "aud": "appstoreconnect-v1",
        "exp": int((NOW + timedelta(minutes=5)).timestamp()),
    }
    headers = {"kid": kid or credentials.key_id}
    return "Bearer " + jwt.encode(claims | changed, credentials.private_key, algorithm="ES256", headers=headers)


def test_a_right_token_is_taken_whatever_the_systems_clock_says(credentials: Credentials) -> None:
    assert is_authorised(credentials, bearer(credentials), NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "someone"},
        {"bid": "com.example.other"},
        {"aud": "appstoreconnect-v2"},
        {"kid": "ANOTHERKEY"},
        {"exp": int(NOW.timestamp())},
        {"exp": "soon"},
        {"exp": int((NOW + timedelta(minutes=61)).timestamp())},
    ],
)
def test_a_token_wrong_in_one_thing_is_not_taken(credentials: Credentials, changed: dict[str, Any]) -> None:
    assert not is_authorised(credentials, bearer(credentials, **changed), NOW)


def test_a_token_signed_by_another_key_is_not_taken(credentials: Credentials) -> None:
    stranger = credentials.model_copy(update={"private_key": make_credentials().private_key})
    assert not is_authorised(credentials, bearer(stranger), NOW)
