import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows.dispatcher import Dispatcher
from flows.routines import ROUTINES
from flows.tracking import Untracked
from hub.clock import FixedClock
from hub.database import Database
from hub.delivering import Outside
from hub.inbox import Arrival, store_mail
from hub.letters import Letter
from hub.outbox import LEASE
from hub.ports import LinkStatus, RequestStatus
from hub.post import plan_mail
from hub.tables import Case, Effect, EffectState, RawMail, Work, WorkKind
from hub.work import plan_work
from tests.hub.pretended import Mood, PretendedPartner, PretendedRelay
from tests.samples import add_case, add_person, make_house, to_actor
from tests.world import World, make_world

MAIL = b"From: matti.lukija@example.com\r\nTo: support@luotsi.example\r\nSubject: HBR\r\n\r\nHBR puuttuu Ziniosta.\r\n"


@pytest.fixture
async def running(committed: Database, now: datetime, tmp_path: Path) -> AsyncIterator[World]:
    """The dispatcher runs by itself, as in a worker."""
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", now)
    async with make_world(committed, now, tmp_path) as world:
        life = asyncio.create_task(world.dispatcher.run())
        yield world
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life


async def arrive(world: World) -> None:
    arrival = Arrival(
        channel="smtp", sender="matti.lukija@example.com", recipients=[], content=MAIL, received_at=world.clock.now()
    )
    async with world.database.transaction() as session:
        await store_mail(session, arrival)
    async with asyncio.timeout(20):
        while not all(raw.handled_at for raw in await world.list_rows(RawMail)):
            await asyncio.sleep(0.05)


async def cut(database: Database) -> None:
    async with database.transaction() as session:
        others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        await session.execute(sa.text(f"{others} and datname = current_database()"))


async def test_a_mail_is_taken_up_by_itself(running: World) -> None:
    await arrive(running)
    assert len(await running.get_cases()) == 1


async def test_it_goes_on_when_every_connection_was_cut(running: World) -> None:
    await arrive(running)
    await cut(running.database)
    await arrive(running)
    assert [raw.trouble for raw in await running.list_rows(RawMail)] == ["", "delivered before: the same mail"]


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
