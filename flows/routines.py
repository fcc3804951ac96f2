"""What comes round by the clock, as rows like everything else: Prefect's schedule runs the same units and shows them,
and with Prefect away the rows still come due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from flows import units
from hub.delivering import Outside
from hub.ports import Capability
from hub.tables import Work, WorkKind
from hub.work import plan_work

EVERY = timedelta(seconds=60)
ROUTINES: dict[str, Callable[[Outside], Awaitable[object]]] = {
    "watch promises": units.watch_promises,
    "watch recurrence": units.watch_recurrence,
}


async def plan_routines(outside: Outside) -> None:
    """One row each, however many workers start."""
    now = outside.clock.now()

    async def plan(session: AsyncSession) -> None:
        for name in ROUTINES:
            await plan_work(session, WorkKind.ROUTINE, name, now, now=now)
        for partner in list_polled(outside):
            await plan_work(session, WorkKind.POLL, partner, now, now=now)

    await outside.database.write_down(plan)


def list_polled(outside: Outside) -> list[str]:
    return [name for name, c in outside.connectors.items() if Capability.CHANGES in c.supports]


async def plan_again(session: AsyncSession, work: Work, now: datetime) -> None:
    if work.kind in (WorkKind.ROUTINE, WorkKind.POLL):
        await plan_work(session, work.kind, work.payload["subject"], now + EVERY, now=now)
