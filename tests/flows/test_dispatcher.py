import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa

from flows.dispatcher import Dispatcher
from flows.routines import ROUTINES
from flows.tracking import Untracked
from hub.clock import FixedClock
from hub.database import Database
from hub.delivering import Outside
from hub.letters import Letter
from hub.outbox import LEASE
from hub.ports import LinkStatus, RequestStatus
from hub.post import plan_mail
from hub.tables import Case, Effect, EffectState, Message, Trace, Work, WorkKind
from hub.work import plan_work
from tests.hub.pretended import Mood, PretendedPartner, PretendedRelay
from tests.samples import add_case, add_person, make_house, to_actor


@pytest.fixture
def database(committed: Database) -> Database:
    """Several things are done at once here, each over a connection of its own."""
    return committed


@pytest.fixture
def partners(clock: FixedClock) -> dict[str, PretendedPartner]:
    return {name: PretendedPartner(name, clock) for name in ("app_store", "delivery", "publisher_desk")}


@pytest.fixture
def relay() -> PretendedRelay:
    return PretendedRelay()


@pytest.fixture
def outside(
    database: Database, clock: FixedClock, partners: dict[str, PretendedPartner], relay: PretendedRelay
) -> Outside:
    return Outside(database, clock, make_house(), partners, relay)


@pytest.fixture
def dispatcher(outside: Outside) -> Dispatcher:
    return Dispatcher(outside, Untracked())


@pytest.fixture
async def case(database: Database, now: datetime) -> Case:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        case = await add_case(session, now)
        await plan_work(session, WorkKind.TRACE, case.id, now, case_id=case.id, now=now)
        return case


async def get_work(database: Database) -> Work:
    async with database.transaction() as session:
        return (await session.scalars(sa.select(Work).order_by(sa.desc("id")).limit(1))).one()


async def test_what_is_due_and_what_becomes_due_by_it_is_done(
    dispatcher: Dispatcher, case: Case, partners: dict[str, PretendedPartner], relay: PretendedRelay
) -> None:
    partners["delivery"].seen["delivered"] = (LinkStatus.BROKEN, "no_licence")
    await dispatcher.drain()
    assert partners["delivery"].acts.total() == 1
    assert [ticket.status for ticket in partners["publisher_desk"].tickets.values()] == [RequestStatus.OPEN]
    assert [mail.automatic for mail in relay.sent] == [True]


async def test_work_that_the_state_of_things_forbids_waits_and_says_why(
    dispatcher: Dispatcher, database: Database, case: Case, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        await plan_work(session, WorkKind.TRACE, 0, clock.now(), now=clock.now())
    await dispatcher.drain()
    async with database.transaction() as session:
        work = (await session.scalars(sa.select(Work).filter_by(key="trace:0"))).one()
    assert (work.trouble, work.done_at) == ("no case with id 0", None)
    assert work.due_at > clock.now()


async def test_a_fault_of_ours_costs_a_line_and_the_row_stays(
    dispatcher: Dispatcher, database: Database, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        await plan_work(session, WorkKind.ROUTINE, "no such round", clock.now(), now=clock.now())
    await dispatcher.drain()
    work = await get_work(database)
    assert (work.trouble, work.leased_until) == ("KeyError: 'no such round'", None)


async def test_an_effect_on_which_we_trip_is_read_back_before_it_is_done_again(
    dispatcher: Dispatcher, database: Database, case: Case, relay: PretendedRelay, clock: FixedClock, outside: Outside
) -> None:
    async with database.transaction() as session:
        await session.execute(sa.delete(Work))
        kaisa = to_actor(await add_person(session, "Otto", clock.now()))
        letter = Letter(subject="HBR", text="Hello.")
        await plan_mail(session, outside.house, case, letter, author=kaisa, now=clock.now())
    relay.mood = Mood.CRASH_AFTER
    await dispatcher.drain()
    relay.mood = Mood.WELL
    clock.advance(LEASE)
    await dispatcher.drain()
    async with database.transaction() as session:
        assert (await session.scalars(sa.select(Effect.state))).one() is EffectState.UNKNOWN
    assert relay.acts.total() == 1


async def test_a_round_comes_round_again(dispatcher: Dispatcher, database: Database, clock: FixedClock) -> None:
    async with database.transaction() as session:
        await plan_work(session, WorkKind.ROUTINE, next(iter(ROUTINES)), clock.now(), now=clock.now())
    await dispatcher.drain()
    work = await get_work(database)
    assert (work.done_at, work.due_at) == (None, clock.now() + timedelta(minutes=1))


@pytest_asyncio.fixture
async def running(outside: Outside) -> AsyncIterator[Outside]:
    """A hub whose dispatcher runs."""
    task = asyncio.create_task(Dispatcher(outside, Untracked()).run())
    yield outside
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def wait_for(database: Database, table: type[Trace] | type[Message]) -> int:
    """How many rows there are as soon as there are any."""
    async with asyncio.timeout(10):
        while not (found := await count(database, table)):
            await asyncio.sleep(0.02)
    return found


async def count(database: Database, table: type[Trace] | type[Message]) -> int:
    async with database.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


async def test_a_nudge_wakes_it(running: Outside, now: datetime) -> None:
    async with running.database.transaction() as session:
        await add_person(session, "Kaisa", now)
        case = await add_case(session, now)
        await plan_work(session, WorkKind.TRACE, case.id, now, case_id=case.id, now=now)
    assert await wait_for(running.database, Trace) == 1
