from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from flows import units
from hub.clock import FixedClock
from hub.database import Database
from hub.delivering import Outside
from hub.desk import solve
from hub.errors import RetryLater
from hub.inbox import Arrival, store_mail
from hub.ports import Capability, Event, EventKind, LinkStatus, Page
from hub.promises import make_promise
from hub.tables import Case, PartnerEvent, PartnerState, Trace
from tests.hub.pretended import Mood, PretendedPartner, PretendedRelay
from tests.samples import add_case, add_failure, add_person, make_house, to_actor


class Feed(PretendedPartner):
    """A change feed of two pages; each event once."""

    supports = PretendedPartner.supports | {Capability.CHANGES}

    async def changes(self, cursor: str | None) -> Page:
        self.fail(Mood.AWAY)
        at = int(cursor or 0)
        told = Event(partner=self.partner, dedupe_id=str(at), kind=EventKind.OTHER, at=self.clock.now())
        return Page(events=(told,) if at < 2 else (), cursor=str(min(at + 1, 2)), end=at >= 2)


@pytest.fixture
def feed(clock: FixedClock) -> Feed:
    return Feed("delivery", clock)


@pytest.fixture
def outside(database: Database, clock: FixedClock, feed: Feed) -> Outside:
    connectors = {"delivery": feed, "app_store": PretendedPartner("app_store", clock)}
    return Outside(database, clock, make_house(), connectors, PretendedRelay())


@pytest.fixture
async def case(database: Database, now: datetime) -> Case:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        return await add_case(session, now)


async def get_state(outside: Outside) -> PartnerState:
    async with outside.database.transaction() as session:
        return await session.get_one(PartnerState, "delivery")


async def test_a_stored_mail_is_understood(outside: Outside, case: Case, now: datetime) -> None:
    raw = b"From: matti@example.com\nSubject: HBR\nMessage-ID: <1@x>\n\nHBR puuttuu.\n"
    arrival = Arrival(
        channel="smtp", sender="matti@example.com", recipients=["support@luotsi.example"], content=raw, received_at=now
    )
    async with outside.database.transaction() as session:
        raw_id = await store_mail(session, arrival)
    opened = await units.understand(outside, raw_id)
    assert opened is not None
    assert opened != case.id
    assert await units.understand(outside, raw_id) is None


async def test_a_trace_asks_every_partner_and_plans(outside: Outside, case: Case, feed: Feed) -> None:
    feed.seen["delivered"] = (LinkStatus.BROKEN, "no_licence")
    plan = await units.trace(outside, case.id)
    assert plan is not None
    assert plan.remedy == "redeliver"


async def test_a_solved_case_is_not_traced(outside: Outside, case: Case, now: datetime) -> None:
    async with outside.database.transaction() as session:
        otto = to_actor(await add_person(session, "Otto", now))
        await solve(session, outside.house, case.id, otto, now=now)
    assert await units.trace(outside, case.id) is None
    async with outside.database.transaction() as session:
        assert list(await session.scalars(sa.select(Trace))) == []


async def test_a_poll_reads_to_the_end_and_goes_on_from_there(outside: Outside, clock: FixedClock) -> None:
    assert await units.poll(outside, "delivery") == 2
    clock.advance(units.JUST_NOW)
    assert await units.poll(outside, "delivery") == 0
    state = await get_state(outside)
    assert (state.cursor, state.trouble, state.ok_at) == ("2", "", clock.now())


async def test_polled_just_now_it_is_not_polled_again(outside: Outside, clock: FixedClock, feed: Feed) -> None:
    await units.poll(outside, "delivery")
    feed.mood = Mood.AWAY
    clock.advance(units.JUST_NOW - timedelta(seconds=1))
    assert await units.poll(outside, "delivery") == 0


async def test_a_partner_that_is_away_is_written_down_and_tried_again(
    outside: Outside, clock: FixedClock, feed: Feed
) -> None:
    feed.mood = Mood.AWAY
    with pytest.raises(RetryLater):
        await units.poll(outside, "delivery")
    assert (await get_state(outside)).down_since == clock.now()
    feed.mood = Mood.WELL
    assert await units.poll(outside, "delivery") == 2
    async with outside.database.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(PartnerEvent)) == 2


async def test_the_watch_of_promises_tells_whose_was_broken(outside: Outside, case: Case, clock: FixedClock) -> None:
    async with outside.database.transaction() as session:
        await make_promise(session, case, outside.house.playbooks["magazine"], "news", "HBR", now=clock.now())
    clock.advance(timedelta(hours=5))
    assert await units.watch_promises(outside) == [case.id]


async def test_the_watch_of_recurrence_tells_the_problems(outside: Outside, case: Case, now: datetime) -> None:
    async with outside.database.transaction() as session:
        for number in range(3):
            await add_failure(session, await add_case(session, now, f"{number}@example.com"), now)
    assert len(await units.watch_recurrence(outside)) == 1
