from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.docs import to_kind


async def test_every_operation_is_written_out(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/api/docs")).text
    paths = (await browser.get("/api/openapi.json")).json()["paths"]
    assert paths
    assert [path for path in paths if path not in page] == []


async def test_only_the_api_is_in_it(browser: httpx.AsyncClient) -> None:
    paths = (await browser.get("/api/openapi.json")).json()["paths"]
    assert all(path.startswith("/api/v1/") for path in paths)


async def test_nothing_is_fetched_from_elsewhere(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/api/docs")).text
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({"$ref": "#/components/schemas/CaseRow"}, "CaseRow"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"enum": ["open", "solved"], "type": "string"}, "open | solved"),
        ({}, "any"),
    ],
)
def test_a_kind_is_said_in_a_word_or_two(schema: dict[str, Any], kind: str) -> None:
    assert to_kind(schema) == kind
