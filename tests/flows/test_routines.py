from datetime import datetime

import pytest
import sqlalchemy as sa

from flows.routines import EVERY, ROUTINES, list_polled, plan_again, plan_routines
from hub.clock import FixedClock
from hub.database import Database
from hub.delivering import Outside
from hub.ports import Capability
from hub.tables import Work, WorkKind
from hub.work import claim_work, finish_work, plan_work
from tests.hub.pretended import PretendedPartner, PretendedRelay
from tests.samples import make_house


class Feed(PretendedPartner):
    supports = frozenset({Capability.CHANGES})


@pytest.fixture
def outside(database: Database, clock: FixedClock) -> Outside:
    connectors = {"delivery": Feed("delivery", clock), "app_store": PretendedPartner("app_store", clock)}
    return Outside(database, clock, make_house(), connectors, PretendedRelay())


async def list_waiting(database: Database) -> dict[str, datetime]:
    async with database.transaction() as session:
        waiting = await session.scalars(sa.select(Work).where(Work.done_at.is_(None)))  # type: ignore[union-attr]
        return {work.key: work.due_at for work in waiting}


async def test_only_a_partner_with_a_feed_is_polled(outside: Outside) -> None:
    assert list_polled(outside) == ["delivery"]


async def test_every_round_is_planned_once_however_many_workers_start(outside: Outside, now: datetime) -> None:
    for _ in range(2):
        await plan_routines(outside)
    assert set(await list_waiting(outside.database)) == {"poll:delivery", *(f"routine:{name}" for name in ROUTINES)}


async def test_a_round_that_is_done_comes_round_again_and_a_trace_does_not(outside: Outside, now: datetime) -> None:
    async with outside.database.transaction() as session:
        await plan_work(session, WorkKind.POLL, "delivery", now, now=now)
        await plan_work(session, WorkKind.TRACE, 1, now, now=now)
        for work in await claim_work(session, now):
            await finish_work(session, work, now)
            await plan_again(session, work, now)
    assert await list_waiting(outside.database) == {"poll:delivery": now + EVERY}
