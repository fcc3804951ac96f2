"""The API, written out from its own OpenAPI document: a plain page of ours, with nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages import render
from hub.ports import Value

router = APIRouter(include_in_schema=False)


class Field(Value):
    """`place` is path, query or body."""

    name: str
    place: str
    kind: str
    required: bool


class Operation(Value):
    tag: str
    method: str
    path: str
    summary: str
    description: str
    fields: tuple[Field, ...]
    body: str
    answers: dict[str, str]


@router.get("/api/docs")
async def show_docs(request: Request) -> Response:
    schema = request.app.openapi()
    operations = sorted(to_operations(schema), key=lambda o: o.tag)
    by_tag = {tag: list(found) for tag, found in groupby(operations, key=lambda o: o.tag)}
    return render(request, "api.html", by_tag=by_tag, schemas=to_schemas(schema), title=schema["info"]["title"])


def to_operations(schema: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in schema["paths"].items():
        for method, told in methods.items():
            body = _body_schema(told)
            yield Operation(
                tag=told.get("tags", [""])[0],
                method=method.upper(),
                path=path,
                summary=told.get("summary", ""),
                description=told.get("description", ""),
                fields=tuple(
                    _to_field(p["name"], p["in"], p["schema"], p.get("required")) for p in told.get("parameters", ())
                ),
                body=to_kind(body) if body else "",
                answers={code: answer["description"] for code, answer in told["responses"].items()},
            )


def to_schemas(schema: dict[str, Any]) -> dict[str, tuple[str, tuple[Field, ...]]]:
    """Every named shape: what it is, and its fields."""
    named = schema.get("components", {}).get("schemas", {})
    return {name: (told.get("description", ""), _fields_of(told)) for name, told in sorted(named.items())}


def to_kind(told: dict[str, Any]) -> str:
    """One or two words for a JSON schema: `string`, `CaseRow`, `list of CaseRow`, `integer or null`."""
    if "$ref" in told:
        return str(told["$ref"]).rpartition("/")[2]
    if "anyOf" in told:
        return " or ".join(to_kind(option) for option in told["anyOf"])
    if told.get("type") == "array":
        return f"list of {to_kind(told.get('items', {}))}"
    if "enum" in told:
        return " | ".join(str(value) for value in told["enum"])
    return str(told.get("format") or told.get("type") or "any")


def _body_schema(told: dict[str, Any]) -> dict[str, Any] | None:
    content = told.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return found


def _fields_of(told: dict[str, Any]) -> tuple[Field, ...]:
    required = told.get("required", ())
    return tuple(_to_field(name, "body", of, name in required) for name, of in told.get("properties", {}).items())


def _to_field(name: str, place: str, told: dict[str, Any], required: bool | None) -> Field:
    return Field(name=name, place=place, kind=to_kind(told), required=bool(required))
