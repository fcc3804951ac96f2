from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.answers import parse_body
from connectors.publisher_desk import wire
from connectors.publisher_desk.client import to_error_code


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
    assert to_error_code(httpx.Response(400, json=body)) == code


def test_an_error_that_is_no_json_has_no_code() -> None:
    assert to_error_code(httpx.Response(502, text="<html>")) == ""


def test_fields_that_we_do_not_know_are_kept() -> None:
    me = parse_body("p", b'{"user": {"id": 1, "name": "n", "shoe": 44}}', wire.Me, what="GET")
    assert me.user.model_dump()["shoe"] == 44
