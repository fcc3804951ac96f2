"""The publisher's ticket desk as a server: Zendesk's wire, its people and its robot."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.middleware.base import RequestResponseEndpoint

from connectors.sandbox.base import make_sandbox
from connectors.sandbox.faults import Faults
from connectors.sandbox.publisher_desk_push import Pusher
from connectors.sandbox.publisher_desk_routes import export_routes, search_routes, ticket_routes, user_routes
from connectors.sandbox.publisher_desk_rules import DeskError, Status, TicketOrder, invalid_attribute
from connectors.sandbox.publisher_desk_state import DeskState, Robot, make_state
from connectors.sandbox.publisher_desk_tickets import Desk
from connectors.sandbox.publisher_desk_webhooks import webhook_routes
from connectors.sandbox.seed import Seed
from connectors.sandbox.store import Store
from hub.clock import ShiftedClock

PER_MINUTE = 700
RETRY_AFTER_SECONDS = 2


class AnswerOrder(BaseModel):
    """What one of the publisher's people says on a ticket. `author` is made an agent if not one yet."""

    body: str = Field(min_length=1)
    author: str = "Sanna Salo"
    status: Status | None = "open"
    public: bool = True


def make_publisher_desk_sandbox(seed: Seed, clock: ShiftedClock, path: Path | None = None) -> FastAPI:
    store = Store(make_state(seed, clock.now()), path)
    store.save()
    app = make_sandbox("publisher_desk", Faults({}, clock), store, clock)
    pusher = Pusher(store, clock)
    desk = Desk(store, clock, pusher.tell)
    app.state.pusher, app.state.desk = pusher, desk
    app.add_exception_handler(DeskError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.middleware("http")(_make_edge(clock))
    for routes in (ticket_routes, export_routes, user_routes, search_routes, webhook_routes):
        app.include_router(routes)
    app.include_router(_orders(desk))
    return app


def publisher_desk_credentials(app: FastAPI) -> dict[str, str]:
    """What the connector's settings need to speak to this sandbox; the same after a restart from its file."""
    state: DeskState = app.state.store.state
    return {"email": state.email, "api_token": state.api_token}


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DeskError)
    return JSONResponse(error.body, status_code=error.status)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """A path or query that cannot be read, in Zendesk's words; the sandbox's own orders keep FastAPI's."""
    assert isinstance(error, RequestValidationError)
    if not request.url.path.startswith("/api/"):
        return await request_validation_exception_handler(request, error)
    name = str(error.errors()[0]["loc"][-1])
    return JSONResponse(invalid_attribute(name).body, status_code=400)


def _make_edge(clock: ShiftedClock) -> Any:
    """What stands before every endpoint: paths with and without `.json`, and the rate limit."""
    spent: dict[int, int] = {}

    async def edge(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if not request.url.path.startswith("/api/"):
            return await call_next(request)
        request.scope["path"] = request.scope["path"].removesuffix(".json")
        second = clock.now().timestamp()
        minute = math.floor(second / 60)
        used = spent.get(minute, 0) + 1
        spent.clear()
        spent[minute] = used
        response = await call_next(request) if used <= PER_MINUTE else _too_many()
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
        left, reset = max(PER_MINUTE - used, 0), 60 - math.floor(second % 60)
        names = ("X-Rate-Limit", "X-Rate-Limit-Remaining", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
        response.headers.update(dict(zip(names, map(str, (PER_MINUTE, left, PER_MINUTE, left, reset)), strict=True)))
        return response

    return edge


def _too_many() -> Response:
    text = f"Number of allowed API requests per minute exceeded: {PER_MINUTE}"
    return JSONResponse({"error": "APIRateLimitExceeded", "description": text}, status_code=429)


def _orders(desk: Desk) -> APIRouter:
    """How the publisher's people are played."""
    router = APIRouter(prefix="/_sandbox")

    @router.post("/tickets/{ticket_id}/comments", status_code=201)
    async def answer(ticket_id: int, order: AnswerOrder) -> dict[str, Any]:
        author = desk.find_user(name=order.author) or desk.add_user(name=order.author, role="agent")
        change = {"comment": {"body": order.body, "public": order.public}, "status": order.status}
        try:
            ticket = desk.get_ticket(ticket_id)
            desk.change_ticket(ticket, TicketOrder.model_validate(change), author)
        except DeskError as error:
            raise HTTPException(error.status, error.body) from None
        return ticket.model_dump(mode="json")

    @router.post("/robot")
    async def set_robot(order: Robot) -> Robot:
        desk.state.robot = order
        desk.store.save()
        return order

    return router
