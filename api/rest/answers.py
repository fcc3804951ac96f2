"""What the OpenAPI document says of errors: RFC 9457 problem details everywhere."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """`type` is a stable word (not-found, conflict, already-known, invalid-input, not-allowed ...). Of already-known,
    `known` maps each fact asked for to its values; of invalid-input, `errors` says where and what."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    known: dict[str, list[str]] | None = None
    errors: list[dict[str, str]] | None = None


def _answer(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _answer("No valid API token, and not signed in"),
    403: _answer("Not allowed to this role"),
    404: _answer("Not there"),
    409: _answer("The state of things forbids it"),
    422: _answer("Cannot be used"),
}
