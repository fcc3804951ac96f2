import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.database import Database
from hub.outbox import (
    Claim,
    LeaseLost,
    Settlement,
    claim_effects,
    mark_given_away,
    settle,
)
from hub.tables import Effect, EffectKind, EffectState, Work, WorkKind
from hub.work import claim_work, finish_work, plan_work
from hub.workers import Presence, is_present
from tests.samples import add_case, add_person


@asynccontextmanager
async def present(database: Database) -> AsyncIterator[Presence]:
    started = asyncio.Event()
    presence = Presence(database.url, started.set)
    life = asyncio.create_task(presence.run())
    await started.wait()
    yield presence
    life.cancel()
    with suppress(asyncio.CancelledError):
        await life


async def cut(database: Database) -> None:
    """Every other connection, as a database that is killed would."""
    async with database.transaction() as session:
        others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        await session.execute(sa.text(f"{others} and datname = current_database()"))


async def claim(database: Database, now: datetime, worker: int | None) -> list[Work]:
    async with database.transaction() as session:
        return await claim_work(session, now, worker=worker)


async def plan(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        await plan_work(session, WorkKind.UNDERSTAND, 1, now, now=now)


async def test_a_worker_is_there_while_its_connection_stands(committed: Database) -> None:
    async with present(committed) as presence:
        worker = presence.worker
        assert worker is not None
        async with committed.transaction() as session:
            assert await is_present(session, worker)
    async with committed.transaction() as session:
        assert not await is_present(session, worker)


async def test_what_a_living_worker_has_nobody_else_gets(committed: Database, now: datetime) -> None:
    await plan(committed, now)
    async with present(committed) as one, present(committed) as two:
        assert len(await claim(committed, now, one.worker)) == 1
        assert await claim(committed, now, two.worker) == []
        assert await claim(committed, now, one.worker) == []


async def test_what_a_worker_had_is_free_as_soon_as_it_is_gone(committed: Database, now: datetime) -> None:
    await plan(committed, now)
    async with present(committed) as one:
        await claim(committed, now, one.worker)
    async with present(committed) as two:
        [again] = await claim(committed, now, two.worker)
    assert again.attempts == 2


async def test_a_worker_whose_connection_was_cut_comes_back_as_another(committed: Database) -> None:
    async with present(committed) as presence:
        before = presence.worker
        await cut(committed)
        async with asyncio.timeout(10):
            while presence.worker in (None, before):
                await asyncio.sleep(0.02)


async def test_what_was_taken_over_is_not_ended_by_the_one_before(committed: Database, now: datetime) -> None:
    await plan(committed, now)
    async with present(committed) as one:
        [mine] = await claim(committed, now, one.worker)
    async with present(committed) as two:
        [theirs] = await claim(committed, now, two.worker)
    async with committed.transaction() as session:
        await finish_work(session, mine, now)
    async with committed.transaction() as session:
        assert (await session.get_one(Work, theirs.id)).done_at is None


async def test_a_work_ended_twice_keeps_what_was_planned_meanwhile(committed: Database, now: datetime) -> None:
    await plan(committed, now)
    [mine] = await claim(committed, now, 1)
    await plan(committed, now)
    for _ in range(2):  # the connection broke at the commit, which had gone through
        async with committed.transaction() as session:
            await finish_work(session, mine, now)
    assert len(await claim(committed, now, 2)) == 1


@pytest.fixture
async def effect(committed: Database, now: datetime) -> Effect:
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", now)
        case = await add_case(session, now)
        row = Effect(kind=EffectKind.REMEDY, key="k", case_id=case.id, created_at=now, due_at=now)
        session.add(row)
        await session.flush()
    return row


async def claim_effect(database: Database, now: datetime, worker: int) -> Claim:
    async with database.transaction() as session:
        [claim] = await claim_effects(session, now, worker=worker)
    return claim


async def settle_effect(database: Database, claim: Claim, state: EffectState, now: datetime) -> EffectState:
    async with database.transaction() as session:
        await settle(session, claim, Settlement(state=state), now=now)
    async with database.transaction() as session:
        return (await session.get_one(Effect, claim.effect_id)).state


async def test_what_was_taken_over_is_not_given_away_by_the_one_before(
    committed: Database, effect: Effect, now: datetime
) -> None:
    mine = await claim_effect(committed, now, 1)  # worker 1 holds no lock: it is gone
    await claim_effect(committed, now, 2)
    with pytest.raises(LeaseLost):
        async with committed.transaction() as session:
            await mark_given_away(session, mine, now)


async def test_one_held_for_gone_may_tell_what_surely_came_of_it_and_no_more(
    committed: Database, effect: Effect, now: datetime
) -> None:
    mine = await claim_effect(committed, now, 1)
    theirs = await claim_effect(committed, now, 2)
    assert await settle_effect(committed, mine, EffectState.PLANNED, now) is EffectState.SENDING
    assert await settle_effect(committed, mine, EffectState.DONE, now) is EffectState.DONE
    assert await settle_effect(committed, theirs, EffectState.UNKNOWN, now + timedelta(1)) is EffectState.DONE
