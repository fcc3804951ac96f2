"""For machines that watch this one: alive, ready, and figures. None of them waits for Prefect or a partner."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from api.depends import Now, Transaction, Uses
from api.problem_details import to_problem
from api.services import Services
from hub.views.ops import OpsFigures, get_ops_figures

router = APIRouter(include_in_schema=False)
PATIENCE = 2.0  # seconds


@router.get("/healthz")
async def show_alive() -> Response:
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def show_ready(request: Request, services: Uses) -> Response:
    try:
        async with asyncio.timeout(PATIENCE):
            await _reach(services)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return to_problem(request, 503, "not-ready", f"the database cannot be reached: {type(error).__name__}")
    return JSONResponse({"status": "ready"})


async def _reach(services: Services) -> None:
    async with services.database.transaction() as session:
        await session.execute(sa.select(1))


@router.get("/metrics")
async def show_metrics(session: Transaction, now: Now) -> Response:
    registry = to_registry(await get_ops_figures(session, now))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def to_registry(figures: OpsFigures) -> CollectorRegistry:
    registry = CollectorRegistry()
    cases = Gauge("luotsi_cases_open", "Open cases", registry=registry)
    cases.set(figures.open_cases)
    work = Gauge("luotsi_work", "Work that waits, is due, is late", ["kind", "state"], registry=registry)
    for row in figures.work:
        for state in ("waiting", "due", "late"):
            work.labels(row.kind, state).set(getattr(row, state))
    effects = Gauge("luotsi_effects", "Rows of the outbox", ["state"], registry=registry)
    for state, count in figures.effects.items():
        effects.labels(state).set(count)
    down = Gauge("luotsi_partner_down", "1 while a partner is down", ["partner"], registry=registry)
    for partner in figures.partners:
        down.labels(partner.partner).set(partner.is_down)
    mail = Gauge(
        "luotsi_mail_to_case_seconds",
        "From accepted to on its case, of the last 200 mails",
        ["quantile"],
        registry=registry,
    )
    for quantile, seconds in figures.mail_seconds.items():
        mail.labels(quantile).set(seconds)
    return registry
