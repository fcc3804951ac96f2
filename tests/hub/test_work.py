from datetime import datetime, timedelta

from hub.database import Database
from hub.tables import Work, WorkKind
from hub.work import LEASE, claim_work, finish_work, plan_work, put_off_work, to_retry_at


async def plan(database: Database, now: datetime, subject: int = 1, after: timedelta = timedelta()) -> None:
    async with database.transaction() as session:
        await plan_work(session, WorkKind.UNDERSTAND, subject, now + after, now=now)


async def claim(database: Database, now: datetime) -> list[Work]:
    async with database.transaction() as session:
        return await claim_work(session, now)


async def test_what_is_due_is_claimed_once(database: Database, now: datetime) -> None:
    await plan(database, now)
    assert len(await claim(database, now)) == 1
    assert await claim(database, now) == []


async def test_what_is_not_due_waits(database: Database, now: datetime) -> None:
    await plan(database, now, after=timedelta(seconds=1))
    assert await claim(database, now) == []
    assert len(await claim(database, now + timedelta(seconds=1))) == 1


async def test_a_dead_workers_row_comes_back_when_its_lease_is_out(database: Database, now: datetime) -> None:
    await plan(database, now)
    await claim(database, now)
    [again] = await claim(database, now + LEASE)
    assert again.attempts == 2


async def test_planned_twice_it_is_one_row_at_the_earlier_time(database: Database, now: datetime) -> None:
    await plan(database, now, after=timedelta(hours=1))
    await plan(database, now)
    [work] = await claim(database, now)
    assert work.due_at == now


async def test_asked_for_while_it_runs_it_runs_once_more(database: Database, now: datetime) -> None:
    await plan(database, now)
    [work] = await claim(database, now)
    await plan(database, now)
    async with database.transaction() as session:
        await finish_work(session, work, now)
    [again] = await claim(database, now)
    async with database.transaction() as session:
        await finish_work(session, again, now)
    assert await claim(database, now + LEASE) == []


async def test_put_off_it_waits_and_says_why(database: Database, now: datetime) -> None:
    await plan(database, now)
    [work] = await claim(database, now)
    async with database.transaction() as session:
        await put_off_work(session, work, "partner rests", now + timedelta(minutes=1))
    assert await claim(database, now) == []
    [again] = await claim(database, now + timedelta(minutes=1))
    assert again.trouble == "partner rests"


async def test_put_off_it_comes_as_soon_as_it_was_planned_for_while_it_ran(database: Database, now: datetime) -> None:
    await plan(database, now)
    [work] = await claim(database, now)
    await plan(database, now, after=timedelta(seconds=1))
    async with database.transaction() as session:
        await put_off_work(session, work, "partner rests", now + timedelta(hours=1))
    assert len(await claim(database, now + timedelta(seconds=1))) == 1


async def test_two_workers_never_get_the_same_row(committed: Database, now: datetime) -> None:
    for subject in range(20):
        await plan(committed, now, subject)
    async with committed.transaction() as one, committed.transaction() as two:
        first, second = await claim_work(one, now), await claim_work(two, now)
    assert {w.id for w in first}.isdisjoint({w.id for w in second})
    assert len(first) + len(second) == 20


def test_retries_double_up_to_an_hour_and_keep_the_partners_word(now: datetime) -> None:
    waits = [(to_retry_at(n, now) - now).total_seconds() for n in (1, 2, 3, 20)]
    assert waits == [5, 10, 20, 3600]
    assert to_retry_at(1, now, now + timedelta(days=1)) == now + timedelta(days=1)
