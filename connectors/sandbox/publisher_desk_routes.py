"""The desk's endpoints for tickets, users, search and the incremental export."""

from __future__ import annotations

import base64
import binascii
import shlex
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from connectors.sandbox.publisher_desk_rules import (
    DeskError,
    TicketOrder,
    UserOrder,
    api_base,
    cursor_page,
    find_caller,
    get_caller,
    page,
    read_order,
    record_invalid,
)
from connectors.sandbox.publisher_desk_state import (
    ANONYMOUS,
    DeskTicket,
    DeskUser,
    audit_json,
    comment_json,
    ticket_json,
    user_json,
)
from connectors.sandbox.publisher_desk_tickets import Desk


def get_desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskHere = Annotated[Desk, Depends(get_desk)]
Caller = Annotated[DeskUser, Depends(get_caller)]
ticket_routes = APIRouter(prefix="/api/v2/tickets", dependencies=[Depends(get_caller)])


@ticket_routes.get("")
async def list_tickets(request: Request, desk: DeskHere, external_id: str | None = None) -> dict[str, Any]:
    rows = [t for t in desk.list_tickets() if external_id in (None, t.external_id)]
    return page(request, "tickets", rows, lambda t: ticket_json(t, api_base(request)))


@ticket_routes.post("", status_code=201)
async def create(request: Request, response: Response, desk: DeskHere, caller: Caller) -> dict[str, Any]:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= 255:
        raise DeskError(400, {"error": "InvalidIdempotencyKey", "description": "1 to 255 characters"})
    order = await read_order(request, "ticket", TicketOrder)
    ticket, audit, seen = desk.open_ticket(order, caller, key)
    response.headers["Location"] = f"{api_base(request)}/tickets/{ticket.id}.json"
    if key is not None:
        response.headers["x-idempotency-lookup"] = "hit" if seen else "miss"
    return {"ticket": ticket_json(ticket, api_base(request)), "audit": audit_json(audit, ticket)}


@ticket_routes.get("/show_many")
async def show_many(request: Request, ids: str, desk: DeskHere) -> dict[str, Any]:
    wanted = {int(i) for i in ids.split(",") if i.strip().isdigit()}
    rows = [t for t in desk.list_tickets() if t.id in wanted]
    return page(request, "tickets", rows, lambda t: ticket_json(t, api_base(request)))


@ticket_routes.get("/{ticket_id}")
async def show(request: Request, ticket_id: int, desk: DeskHere) -> dict[str, Any]:
    return {"ticket": ticket_json(desk.get_ticket(ticket_id), api_base(request))}


@ticket_routes.put("/{ticket_id}")
async def update(request: Request, ticket_id: int, desk: DeskHere, caller: Caller) -> dict[str, Any]:
    ticket = desk.get_ticket(ticket_id)
    audit = desk.change_ticket(ticket, await read_order(request, "ticket", TicketOrder), caller)
    return {"ticket": ticket_json(ticket, api_base(request)), "audit": audit_json(audit, ticket)}


@ticket_routes.delete("/{ticket_id}", status_code=204)
async def delete(request: Request, ticket_id: int, desk: DeskHere) -> None:
    desk.delete_ticket(desk.get_ticket(ticket_id))


@ticket_routes.get("/{ticket_id}/comments")
async def comments(request: Request, ticket_id: int, desk: DeskHere, include: str = "") -> dict[str, Any]:
    ticket = desk.get_ticket(ticket_id)
    shown = page(request, "comments", ticket.comments, comment_json)
    if "users" not in include.split(","):
        return shown
    authors = dict.fromkeys(c.author_id for c in ticket.comments)
    return shown | {"users": [user_json(desk.state.users[a], api_base(request)) for a in authors]}


@ticket_routes.get("/{ticket_id}/audits")
async def audits(request: Request, ticket_id: int, desk: DeskHere) -> dict[str, Any]:
    ticket = desk.get_ticket(ticket_id)
    return page(request, "audits", ticket.audits, lambda a: audit_json(a, ticket))


export_routes = APIRouter(prefix="/api/v2/incremental", dependencies=[Depends(get_caller)])


@export_routes.get("/tickets/cursor")
async def tickets(
    request: Request, desk: DeskHere, start_time: int | None = None, cursor: str | None = None, per_page: int = 1000
) -> dict[str, Any]:
    after = _export_place(desk, start_time, cursor)
    changed = sorted(desk.state.tickets.values(), key=_place)
    rows = [t for t in changed if _place(t) > after][: min(per_page, 1000)]
    place = _place(rows[-1]) if rows else after
    last = not rows or rows[-1] is changed[-1]
    following = _export_cursor(place) if rows or cursor else None
    url = f"{api_base(request)}/incremental/tickets/cursor.json?cursor={following}" if following else None
    return {
        "tickets": [ticket_json(t, api_base(request)) for t in rows],
        "after_url": url,
        "after_cursor": following,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": last,
    }


def _place(ticket: DeskTicket) -> tuple[int, int]:
    return ticket.generated_timestamp, ticket.id


def _export_cursor(place: tuple[int, int]) -> str:
    return base64.b64encode(f"{place[0]}.0||{place[1]}|".encode()).decode()


def _export_place(desk: Desk, start_time: int | None, cursor: str | None) -> tuple[int, int]:
    if cursor is not None:
        try:
            stamp, _, rest = base64.b64decode(cursor, validate=True).decode().partition("||")
            return int(float(stamp)), int(rest.rstrip("|"))
        except (ValueError, binascii.Error):
            raise DeskError(400, {"error": "InvalidValue", "description": "cursor is not valid"}) from None
    if start_time is None:
        raise DeskError(400, {"error": "InvalidValue", "description": "Parameter start_time is required"})
    if start_time > desk.clock.now().timestamp() - 60:
        message = "Too recent start_time. Use a start_time older than 60 seconds"
        raise DeskError(422, {"error": "InvalidValue", "description": message})
    return start_time, -1


KNOWN = [Depends(get_caller)]
user_routes = APIRouter(prefix="/api/v2/users")


@user_routes.get("/me")
async def me(request: Request) -> dict[str, Any]:
    caller = find_caller(request)
    return {"user": user_json(caller, api_base(request)) if caller else ANONYMOUS}


@user_routes.get("", dependencies=KNOWN)
async def list_users(request: Request, desk: DeskHere) -> dict[str, Any]:
    return page(request, "users", list(desk.state.users.values()), lambda u: user_json(u, api_base(request)))


@user_routes.get("/search", dependencies=KNOWN)
async def search_users(request: Request, desk: DeskHere, query: str = "") -> dict[str, Any]:
    sought = query.removeprefix("email:").strip('"').lower()
    rows = [u for u in desk.state.users.values() if sought in _words(u)]
    return page(request, "users", rows, lambda u: user_json(u, api_base(request)))


@user_routes.post("", status_code=201, dependencies=KNOWN)
async def create_user(request: Request, desk: DeskHere) -> dict[str, Any]:
    order = await read_order(request, "user", UserOrder)
    if order.email and desk.find_user(email=order.email):
        raise record_invalid("email", f"Email: {order.email} is already being used by another user", "DuplicateValue")
    return {"user": user_json(_add_user(desk, order), api_base(request))}


@user_routes.post("/create_or_update", dependencies=KNOWN)
async def create_or_update(request: Request, response: Response, desk: DeskHere) -> dict[str, Any]:
    order = await read_order(request, "user", UserOrder)
    user = desk.find_user(email=order.email) if order.email else None
    response.status_code = 200 if user else 201
    user = _update_user(desk, user, order) if user else _add_user(desk, order)
    return {"user": user_json(user, api_base(request))}


@user_routes.get("/{user_id}", dependencies=KNOWN)
async def show_user(request: Request, user_id: int, desk: DeskHere) -> dict[str, Any]:
    return {"user": user_json(desk.get_user(user_id), api_base(request))}


def _add_user(desk: Desk, order: UserOrder) -> DeskUser:
    if not order.name:
        raise record_invalid("name", "Name: is too short (minimum one character)", "ValueTooShort")
    email = order.email.lower() if order.email else None
    user = desk.add_user(name=order.name, email=email, external_id=order.external_id, role=order.role)
    desk.store.save()
    return user


def _update_user(desk: Desk, user: DeskUser, order: UserOrder) -> DeskUser:
    for field in order.model_fields_set - {"email"}:
        setattr(user, field, getattr(order, field))
    user.updated_at = desk.clock.now()
    desk.store.save()
    return user


search_routes = APIRouter(prefix="/api/v2/search", dependencies=[Depends(get_caller)])


@search_routes.get("")
async def search(request: Request, query: str, desk: DeskHere) -> dict[str, Any]:
    return page(request, "results", _search(desk, query), lambda row: _result(row, api_base(request)))


@search_routes.get("/export")
async def export(request: Request, query: str, desk: DeskHere) -> dict[str, Any]:
    kind = request.query_params.get("filter[type]")
    if kind is None:
        raise DeskError(422, {"error": "invalid", "description": "filter[type] is required"})
    rows = _search(desk, f"type:{kind} {query}")
    return cursor_page(request, "results", rows, lambda row: _result(row, api_base(request)))


def _result(row: DeskTicket | DeskUser, base: str) -> dict[str, Any]:
    if isinstance(row, DeskTicket):
        return ticket_json(row, base) | {"result_type": "ticket"}
    return user_json(row, base) | {"result_type": "user"}


def _search(desk: Desk, query: str) -> list[DeskTicket | DeskUser]:
    """`type:ticket external_id:X status:open words`, each of which must hold."""
    try:
        terms = shlex.split(query)
    except ValueError:
        raise DeskError(422, {"error": "invalid", "description": "Invalid search: unbalanced quotes"}) from None
    rows: list[DeskTicket | DeskUser] = [*desk.list_tickets(), *desk.state.users.values()]
    return [row for row in rows if all(_matches(row, term) for term in terms)]


def _matches(row: DeskTicket | DeskUser, term: str) -> bool:
    field, colon, value = term.partition(":")
    if not colon:
        return term.lower() in _words(row)
    if field == "type":
        return value == ("ticket" if isinstance(row, DeskTicket) else "user")
    if field == "tags":
        return value in getattr(row, "tags", [])
    if field == "requester":
        return value.lower() == getattr(row, "requester", "").lower()
    return str(getattr(row, field, "")) == value


def _words(row: DeskTicket | DeskUser) -> str:
    if isinstance(row, DeskUser):
        return f"{row.name} {row.email}".lower()
    return " ".join([row.subject, *(comment.body for comment in row.comments)]).lower()
