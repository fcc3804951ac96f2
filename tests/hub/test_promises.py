from datetime import datetime, timedelta

import pytest

from hub.actors import Actor
from hub.database import Database
from hub.house import House
from hub.promises import break_overdue, list_open, make_promise, settle_promises
from hub.tables import Case, Promise, PromiseOutcome
from tests.samples import list_kinds

KEPT = PromiseOutcome.KEPT


async def promise(database: Database, case: Case, house: House, now: datetime, kind: str = "news") -> Promise:
    async with database.transaction() as session:
        return await make_promise(session, case, house.playbooks["magazine"], kind, "HBR", now=now)


async def settle(database: Database, case: Case, at: datetime, outcome: PromiseOutcome = KEPT) -> None:
    async with database.transaction() as session:
        await settle_promises(session, case.id, ["news"], outcome, now=at)


async def get_outcome(database: Database, promise: Promise) -> PromiseOutcome | None:
    async with database.transaction() as session:
        return (await session.get_one(Promise, promise.id)).outcome


async def test_a_promise_has_a_keeper_a_time_and_words_in_the_customers_language(
    database: Database, case: Case, kaisa: Actor, house: House, now: datetime
) -> None:
    made = await promise(database, case, house, now)
    assert (made.keeper_id, made.due_at) == (kaisa.person_id, now + timedelta(hours=4))
    assert made.text == "Kerron sinulle, miten asia etenee."


async def test_promised_again_the_earlier_time_holds(
    database: Database, case: Case, house: House, now: datetime
) -> None:
    made = await promise(database, case, house, now)
    again = await promise(database, case, house, now + timedelta(hours=1))
    assert (again.id, again.due_at) == (made.id, made.due_at)


@pytest.mark.parametrize(
    ("after", "outcome", "settled"),
    [
        (timedelta(hours=4), KEPT, KEPT),
        (timedelta(hours=4, seconds=1), KEPT, PromiseOutcome.BROKEN),  # the time is part of the promise
        (timedelta(hours=5), PromiseOutcome.WITHDRAWN, PromiseOutcome.WITHDRAWN),
    ],
)
async def test_what_comes_of_a_promise(
    database: Database,
    case: Case,
    house: House,
    now: datetime,
    after: timedelta,
    outcome: PromiseOutcome,
    settled: PromiseOutcome,
) -> None:
    made = await promise(database, case, house, now)
    await settle(database, case, now + after, outcome)
    assert await get_outcome(database, made) is settled


async def test_only_the_kinds_that_are_named_are_settled(
    database: Database, case: Case, house: House, now: datetime
) -> None:
    arrival = await promise(database, case, house, now, "arrival")
    await settle(database, case, now)
    assert await get_outcome(database, arrival) is None


async def test_what_is_settled_stays_so(database: Database, case: Case, house: House, now: datetime) -> None:
    made = await promise(database, case, house, now)
    await settle(database, case, now)
    await settle(database, case, now, PromiseOutcome.WITHDRAWN)
    assert await get_outcome(database, made) is KEPT


async def test_the_watch_breaks_what_is_overdue_once_and_says_so(
    database: Database, case: Case, house: House, now: datetime
) -> None:
    await promise(database, case, house, now)
    late = now + timedelta(hours=4, seconds=1)
    async with database.transaction() as session:
        assert await break_overdue(session, now + timedelta(hours=4)) == []
        assert await break_overdue(session, late) == [case.id]
        assert await break_overdue(session, late) == []
        assert await list_open(session, case.id) == []
        assert (await list_kinds(session, case))[-2:] == ["promised", "promise_broken"]
