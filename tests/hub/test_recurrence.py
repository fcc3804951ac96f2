from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.automation import stop
from hub.chain import State, Verdict
from hub.database import Database
from hub.pilot import RECUR_WITHIN
from hub.recurrence import OUTBREAK_WITHIN, join_open_problem, list_episodes, take_up, watch
from hub.tables import Case, Decision, Effect, EffectKind, EffectState, Problem
from tests.samples import add_case, add_failure, list_kinds

VERDICT = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence")


@pytest.fixture
async def again(database: Database, case: Case, now: datetime) -> Case:
    """The same customer's next case, two months after the first broke at the delivery."""
    async with database.transaction() as session:
        await add_failure(session, case, now)
        return await add_case(session, now + timedelta(days=58), opened_at=now + timedelta(days=58))


async def test_an_earlier_failure_of_the_same_customer_is_an_episode(
    database: Database, case: Case, again: Case, now: datetime
) -> None:
    async with database.transaction() as session:
        [episode] = await list_episodes(session, again)
    assert (episode.number, episode.link, episode.reason, episode.at) == (case.number, "delivered", "no_licence", now)


async def test_an_episode_tells_what_was_done_then(database: Database, case: Case, again: Case, now: datetime) -> None:
    row = {"kind": EffectKind.REMEDY, "case_id": case.id, "created_at": now, "due_at": now}
    async with database.transaction() as session:
        session.add(Effect(key="1", state=EffectState.DONE, payload={"kind": "redeliver"}, **row))
        session.add(Effect(key="2", state=EffectState.REFUSED, payload={"kind": "extend"}, **row))
        [episode] = await list_episodes(session, again)
    assert episode.remedies == ("redeliver",)


@pytest.mark.parametrize(
    ("address", "before"),
    [("liisa@example.com", timedelta(days=58)), ("matti.lukija@example.com", RECUR_WITHIN + timedelta(seconds=1))],
)
async def test_another_customers_or_too_old_a_failure_is_none(
    database: Database, case: Case, now: datetime, address: str, before: timedelta
) -> None:
    async with database.transaction() as session:
        await add_failure(session, case, now)
        later = await add_case(session, now, address, opened_at=now + before)
        assert await list_episodes(session, later) == []


async def test_the_case_lies_beside_the_earlier_one_and_the_cause_becomes_a_problem(
    database: Database, case: Case, again: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        [episode] = await list_episodes(session, again)
        again = await session.get_one(Case, again.id)
        for _ in range(2):
            await take_up(session, again, VERDICT, episode, now=now)
        problem = (await session.scalars(sa.select(Problem))).one()
        assert (again.previous_id, problem.owner_id) == (case.id, kaisa.person_id)
        assert set(await session.scalars(sa.select(Case.problem_id))) == {problem.id}
        assert (await list_kinds(session, again)).count("recurred") == 1


async def test_where_the_rule_is_stopped_the_case_says_so_and_no_problem_is_made(
    database: Database, again: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await stop(session, kaisa, "problem", "", now=now)
        [episode] = await list_episodes(session, again)
        await take_up(session, await session.get_one(Case, again.id), VERDICT, episode, now=now)
        assert "recurred" in await list_kinds(session, again)
        assert list(await session.scalars(sa.select(Problem))) == []
        assert await watch(session, now=now) == []


async def add_outbreak(database: Database, now: datetime, customers: int, times: int = 1) -> None:
    async with database.transaction() as session:
        for number in range(customers * times):
            case = await add_case(session, now, f"{number % customers}@example.com")
            await add_failure(session, case, now)


@pytest.mark.parametrize(("customers", "times", "found"), [(3, 1, 1), (2, 2, 0), (2, 1, 0)])
async def test_three_customers_with_one_cause_are_a_problem_however_often_each_wrote(
    database: Database, kaisa: Actor, now: datetime, customers: int, times: int, found: int
) -> None:
    await add_outbreak(database, now, customers, times)
    async with database.transaction() as session:
        assert len(await watch(session, now=now)) == found
        assert await session.scalar(sa.select(sa.func.count()).select_from(Decision)) == found


async def test_the_watch_finds_the_same_cases_once(database: Database, kaisa: Actor, now: datetime) -> None:
    await add_outbreak(database, now, 3)
    async with database.transaction() as session:
        assert len(await watch(session, now=now)) == 1
        assert await watch(session, now=now) == []


async def test_what_is_four_weeks_old_is_no_outbreak(database: Database, kaisa: Actor, now: datetime) -> None:
    await add_outbreak(database, now, 3)
    async with database.transaction() as session:
        assert await watch(session, now=now + OUTBREAK_WITHIN) == []


async def test_a_later_case_joins_the_open_problem(database: Database, kaisa: Actor, now: datetime) -> None:
    await add_outbreak(database, now, 3)
    async with database.transaction() as session:
        await watch(session, now=now)
        later = await add_case(session, now, "later@example.com")
        await join_open_problem(session, later, VERDICT, now=now)
        assert (await session.get_one(Case, later.id, populate_existing=True)).problem_id is not None
