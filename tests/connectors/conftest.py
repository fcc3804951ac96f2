"""A small partner to fail against: in process, or behind a real socket where time or the wire matters."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from connectors.http import Limits, PartnerHttp, make_client
from connectors.sandbox.base import make_sandbox
from connectors.sandbox.faults import Faults
from connectors.sandbox.store import Store
from connectors.sandbox.transport import SandboxTransport
from hub.clock import FixedClock, ShiftedClock

QUICK = Limits(pause=0.01)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Parcels(BaseModel):
    calls: list[str] = []
    handed_out: int = 0


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def parcels() -> FastAPI:
    """`/parcels` hands one out; `/says/{status}` answers that, with the query as headers. All calls are counted."""
    clock, state = ShiftedClock(), Parcels()
    app = make_sandbox("parcels", Faults({"delivered": ("broken",)}, clock), Store(state), clock)

    @app.middleware("http")
    async def count(request: Request, call_next: Callable) -> Response:
        state.calls.append(f"{request.method} {request.url.path}")
        return await call_next(request)

    @app.api_route("/parcels", methods=["GET", "POST"])
    async def parcels() -> dict[str, str]:
        state.handed_out += 1
        return {"id": "P1", "state": "delivered"}

    @app.api_route("/says/{status}", methods=["GET", "POST"])
    async def says(status: int, headers: Request) -> Response:
        return Response(b'{"code": "E7"}', status, dict(headers.query_params))

    return app


@pytest.fixture
def make_http(parcels, clock):
    def make(app=parcels, transport=None, client_options=None, **options):
        transport = transport or SandboxTransport(app)
        client = make_client("http://parcels.test", transport=transport, **(client_options or {}))
        return PartnerHttp("parcels", client, clock, **{"limits": QUICK, **options})

    return make


@pytest.fixture
def http(make_http):
    return make_http()


@asynccontextmanager
async def serve(app: FastAPI) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def loopback() -> AsyncIterator[Callable]:
    """`await loopback(app)` serves it on a free port until the test ends, and answers its address."""
    async with AsyncExitStack() as stack:
        yield lambda app: stack.enter_async_context(serve(app))
