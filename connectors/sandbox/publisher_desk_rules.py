"""What Zendesk takes and what it answers when it does not: bodies, errors, who is asking, pages."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.sandbox.publisher_desk_state import DeskState, DeskUser

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Status = Literal["new", "open", "pending", "hold", "solved", "closed"]


class DeskError(Exception):
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        super().__init__(body)


def not_found() -> DeskError:
    return DeskError(404, {"error": "RecordNotFound", "description": "Not found"})


def record_invalid(field: str, description: str, error: str = "InvalidValue") -> DeskError:
    details = {field: [{"description": description, "error": error}]}
    return DeskError(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def invalid_attribute(name: str) -> DeskError:
    message = f"You passed an invalid value for the {name} attribute. Invalid parameter: {name} is required"
    return DeskError(400, {"error": {"title": "Invalid attribute", "message": message}})


class Order(BaseModel):
    """Zendesk ignores attributes that it does not know."""

    model_config = ConfigDict(extra="ignore", strict=True)


class CommentOrder(Order):
    body: str = ""
    html_body: str = ""
    public: bool = True
    author_id: int | None = None

    @property
    def text(self) -> str:
        return (self.body or self.html_body).strip()


class RequesterOrder(Order):
    name: str | None = None
    email: str | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+$")


class TicketOrder(Order):
    subject: str | None = None
    description: str | None = None
    comment: CommentOrder | None = None
    requester: RequesterOrder | None = None
    requester_id: int | None = None
    assignee_id: int | None = None
    external_id: str | None = Field(None, max_length=255)
    status: Status | None = None
    priority: Literal["urgent", "high", "normal", "low"] | None = None
    type: Literal["problem", "incident", "question", "task"] | None = None
    tags: list[str] | None = None
    custom_fields: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    safe_update: bool = False
    updated_stamp: str | None = None


class UserOrder(RequesterOrder):
    external_id: str | None = None
    role: Literal["end-user", "agent", "admin"] = "end-user"


class WebhookOrder(Order):
    name: str = Field(min_length=1)
    endpoint: str = Field(pattern=r"^https?://")
    http_method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    request_format: Literal["json", "xml", "form_encoded"]
    status: Literal["active", "inactive"]
    description: str = ""
    subscriptions: list[str] = Field(default_factory=list)


async def read_order(request: Request, name: str, model: type[M]) -> M:
    """The body's object `name`, checked as Zendesk would: 400 where it is missing, 422 where it is wrong."""
    try:
        body = await request.json()
    except ValueError:
        raise DeskError(400, {"error": "Unprocessable Entity", "message": "Invalid JSON"}) from None
    if not isinstance(body, dict) or not isinstance(body.get(name), dict):
        raise invalid_attribute(name)
    try:
        return model.model_validate(body[name])
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        raise record_invalid(field, f"{field.capitalize()}: {first['msg']}") from None


def find_caller(request: Request) -> DeskUser | None:
    """Basic `email/token:APITOKEN`, or the same token as Bearer."""
    state: DeskState = request.app.state.store.state
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return state.users[state.hub_id] if _same(value, state.api_token) else None
    try:
        name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not name.endswith("/token") or not _same(token, state.api_token):
        return None
    email = name.removesuffix("/token").lower()
    return next((u for u in state.users.values() if u.email == email and u.role != "end-user"), None)


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def get_caller(request: Request) -> DeskUser:
    caller = find_caller(request)
    if caller is None:
        raise DeskError(401, {"error": "Couldn't authenticate you"})
    return caller


def api_base(request: Request) -> str:
    return f"{request.base_url}api/v2"


def page(request: Request, name: str, rows: Sequence[T], to_json: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """By cursor when `page[size]` is asked for, else by page number."""
    if "page[size]" in request.query_params or "page[after]" in request.query_params:
        return cursor_page(request, name, rows, to_json)
    number, size = _number(request, "page", 1, 10_000), _number(request, "per_page", 100, 100)
    shown = rows[(number - 1) * size : number * size]
    more, fewer = number * size < len(rows), number > 1
    return {
        name: [to_json(row) for row in shown],
        "count": len(rows),
        "next_page": _url(request, page=number + 1) if more else None,
        "previous_page": _url(request, page=number - 1) if fewer else None,
    }


def cursor_page(
    request: Request, name: str, rows: Sequence[T], to_json: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    size = _number(request, "page[size]", 100, 100)
    start = _offset(request.query_params.get("page[after]"))
    end, more = min(start + size, len(rows)), start + size < len(rows)
    following = _url(request, **{"page[after]": to_cursor(end)}) if more else None
    return {
        name: [to_json(row) for row in rows[start:end]],
        "meta": {"has_more": more, "after_cursor": to_cursor(end), "before_cursor": to_cursor(start)},
        "links": {"next": following, "prev": None},
    }


def to_cursor(offset: int) -> str:
    return base64.b64encode(f"o|{offset}".encode()).decode()


def _offset(cursor: str | None) -> int:
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("o|")) if cursor else 0
    except ValueError:
        raise DeskError(
            400, {"error": "InvalidPaginationParameter", "description": "page[after] is not valid"}
        ) from None


def _number(request: Request, name: str, default: int, most: int) -> int:
    value = request.query_params.get(name, str(default))
    if not value.isdigit() or not 1 <= int(value) <= most:
        raise DeskError(400, {"error": "InvalidPaginationParameter", "description": f"{name} must be 1 to {most}"})
    return int(value)


def _url(request: Request, **params: Any) -> str:
    return str(request.url.include_query_params(**params))
