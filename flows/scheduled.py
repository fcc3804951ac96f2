"""Prefect's schedule: sweeps that a person can see, start and pause in its own UI. The work itself is in units."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

import prefect
from prefect import flow
from prefect.deployments.runner import RunnerDeployment

from flows import units
from flows.routines import list_polled, plan_routines
from flows.wiring import make_outside
from hub.delivering import Outside
from hub.settings import Settings

EVERY = timedelta(minutes=5)


@asynccontextmanager
async def open_outside() -> AsyncIterator[Outside]:
    """For one run; what it opened is given back, however the run ends."""
    outside = await make_outside(Settings())
    try:
        yield outside
    finally:
        for connector in outside.connectors.values():
            await connector.close()
        await outside.database.close()


@flow(name="sweep", flow_run_name="sweep what is due")
async def sweep() -> None:
    """The safety net: every round that should run by itself is made due."""
    async with open_outside() as outside:
        await plan_routines(outside)


@flow(name="poll partners", flow_run_name="poll every partner")
async def poll_partners() -> dict[str, int]:
    """How many events were new, by partner."""
    async with open_outside() as outside:
        return {partner: await units.poll(outside, partner) for partner in list_polled(outside)}


@flow(name="watch promises", flow_run_name="watch promises")
async def watch_promises() -> list[int]:
    async with open_outside() as outside:
        return await units.watch_promises(outside)


@flow(name="watch recurrence", flow_run_name="watch for failures that come back")
async def watch_recurrence() -> list[int]:
    async with open_outside() as outside:
        return await units.watch_recurrence(outside)


FLOWS = (sweep, poll_partners, watch_promises, watch_recurrence)


def serve() -> None:
    """Until stopped. Runs of a schedule that were missed while nothing served are not made up for."""
    deployments = [cast(RunnerDeployment, f.to_deployment(name="luotsi", interval=EVERY)) for f in FLOWS]
    prefect.serve(*deployments, pause_on_shutdown=False, limit=2)
