"""The app: who may look and act, over the services that it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from api import docs, health, live, status, webhooks
from api.auth import passkeys, sign_in
from api.headers import SecurityHeaders
from api.pages import STATIC, workspace
from api.problem_details import add_error_handlers
from api.rest import automation, cases, people, problems
from api.services import Services


def create_app(services: Services) -> FastAPI:
    app = FastAPI(
        title="Luotsi",
        version="1",
        description="One owner pilots each case through the whole chain.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_live,
    )
    app.state.services = services
    app.state.changes = live.Changes(services.database.url)
    app.add_middleware(SecurityHeaders, https=services.house.public_url.startswith("https://"))
    add_error_handlers(app)
    app.include_router(_rest())
    for part in (sign_in, passkeys, workspace, status, webhooks, live, health, docs):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _rest() -> APIRouter:
    rest = APIRouter(prefix="/api/v1")
    for part in (cases, problems, automation, people):
        rest.include_router(part.router)
    return rest


@asynccontextmanager
async def _live(app: FastAPI) -> AsyncIterator[None]:
    async with live.listening(app.state.changes):
        yield
