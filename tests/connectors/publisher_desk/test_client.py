from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.publisher_desk import wire
from connectors.publisher_desk.client import error_code, parse, to_payload
from hub.errors import ContractBroken


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "RecordNotFound"}, "RecordNotFound"),
        ({"error": {"title": "Invalid attribute", "message": "x"}}, "Invalid attribute"),
        ({"errors": [{"code": "WebhookNotFound", "title": "Webhook not found"}]}, "WebhookNotFound"),
        ({"errors": []}, ""),
        ([], ""),
    ],
)
def test_each_way_of_telling_an_error_is_read(body: Any, code: str) -> None:
    assert error_code(httpx.Response(400, json=body)) == code


def test_an_error_that_is_no_json_has_no_code() -> None:
    assert error_code(httpx.Response(502, text="<html>")) == ""


def test_a_kept_payload_has_no_secrets() -> None:
    raw = b'{"webhooks": [{"signing_secret": {"secret": "s3"}, "authentication": {"token": "t0"}, "name": "n"}]}'
    assert to_payload(raw) == {"webhooks": [{"signing_secret": "(secret)", "authentication": "(secret)", "name": "n"}]}


def test_what_is_no_json_is_kept_as_text() -> None:
    with pytest.raises(ContractBroken) as broken:
        parse(wire.Me, b"<html>", partner="publisher_desk", what="GET /users/me")
    assert broken.value.payload == "<html>"


def test_a_broken_contract_says_where_and_quotes_nothing() -> None:
    with pytest.raises(ContractBroken, match=r"signing_secret\.secret") as broken:
        parse(wire.SigningSecret, b'{"signing_secret": {"secret": ["s3cret"]}}', partner="p", what="GET")
    assert "s3cret" not in f"{broken.value!r} {broken.value.payload} {broken.value.__cause__!r}"


def test_fields_that_we_do_not_know_are_kept() -> None:
    me = parse(wire.Me, b'{"user": {"id": 1, "name": "n", "shoe": 44}}', partner="p", what="GET")
    assert me.user.model_dump()["shoe"] == 44
