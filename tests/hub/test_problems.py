from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub import problems
from hub.actors import Actor
from hub.chain import State, Verdict
from hub.database import Database
from hub.errors import Conflict, InvalidInput, NotFound
from hub.tables import Case, Entry, Problem
from tests.samples import add_case, add_failure, add_person, to_actor

VERDICT = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence")
PROOF = "three deliveries since have arrived"


@pytest.fixture
async def problem(database: Database, case: Case, now: datetime) -> Problem:
    async with database.transaction() as session:
        return await problems.open_or_join(session, case, VERDICT, [], "it came back", now=now)


async def fix(database: Database, problem: Problem, actor: Actor, now: datetime) -> None:
    async with database.transaction() as session:
        await problems.write_cause(session, problem.id, actor, "a full queue", now=now)
        await problems.mark_fixed(session, problem.id, actor, now=now)


async def close(database: Database, problem: Problem, actor: Actor, now: datetime, proof: str = PROOF) -> Problem:
    async with database.transaction() as session:
        return await problems.close(session, problem.id, actor, proof, now=now)


async def list_told(database: Database, case: Case) -> list[str]:
    async with database.transaction() as session:
        told = sa.select(Entry).filter_by(case_id=case.id, kind="problem").order_by(sa.text("id"))
        return [entry.text for entry in await session.scalars(told)]


async def test_a_new_problem_goes_to_the_owner_of_its_case_and_says_why(
    database: Database, problem: Problem, case: Case, kaisa: Actor
) -> None:
    assert (problem.owner_id, problem.opened_why) == (kaisa.person_id, "it came back")
    assert await list_told(database, case) == [f"problem {problem.number}: delivery, delivered, no_licence"]


async def test_one_open_problem_gathers_the_cases_of_its_cause(
    database: Database, problem: Problem, case: Case, now: datetime
) -> None:
    async with database.transaction() as session:
        other = await add_case(session, now, "liisa@example.com")
        same = await problems.open_or_join(session, other, VERDICT, [case.id], "again", now=now)
        assert same.id == problem.id
        assert list(await session.scalars(sa.select(Case.problem_id))) == [problem.id, problem.id]
    assert len(await list_told(database, case)) == 1  # linked already: told once


async def test_another_reason_is_another_problem(
    database: Database, problem: Problem, case: Case, now: datetime
) -> None:
    revoked = VERDICT.model_copy(update={"reason": "revoked"})
    async with database.transaction() as session:
        assert (await problems.open_or_join(session, case, revoked, [], "", now=now)).id != problem.id


async def test_who_takes_it_owns_it_and_the_cases_are_told(
    database: Database, problem: Problem, case: Case, now: datetime
) -> None:
    async with database.transaction() as session:
        otto = to_actor(await add_person(session, "Otto", now))
        assert (await problems.take(session, problem.id, otto, now=now)).owner_id == otto.person_id
    assert (await list_told(database, case))[-1] == f"Otto owns problem {problem.number}"


async def test_the_cause_is_written_once_and_reaches_every_case(
    database: Database, problem: Problem, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        other = await add_case(session, now, "liisa@example.com")
        await problems.open_or_join(session, other, VERDICT, [], "", now=now)
        await problems.write_cause(session, problem.id, kaisa, " a full queue ", now=now)
    told = f"cause of problem {problem.number}: a full queue"
    assert (await list_told(database, case))[-1] == (await list_told(database, other))[-1] == told


async def test_fixed_needs_a_cause(database: Database, problem: Problem, kaisa: Actor, now: datetime) -> None:
    with pytest.raises(Conflict, match="cause first"):
        async with database.transaction() as session:
            await problems.mark_fixed(session, problem.id, kaisa, now=now)


async def test_it_closes_after_a_fix_on_proof(
    database: Database, problem: Problem, kaisa: Actor, now: datetime
) -> None:
    with pytest.raises(Conflict, match="nobody has fixed"):
        await close(database, problem, kaisa, now)
    await fix(database, problem, kaisa, now)
    with pytest.raises(InvalidInput, match="prove"):
        await close(database, problem, kaisa, now, "  ")
    closed = await close(database, problem, kaisa, now + timedelta(days=3))
    assert (closed.closed_at, closed.proof) == (now + timedelta(days=3), PROOF)


@pytest.mark.parametrize("hours", [1, 48])
async def test_the_same_failure_after_the_fix_keeps_it_open(
    database: Database, problem: Problem, case: Case, kaisa: Actor, now: datetime, hours: int
) -> None:
    await fix(database, problem, kaisa, now)
    async with database.transaction() as session:
        await add_failure(session, case, now + timedelta(hours=hours))
    with pytest.raises(Conflict, match="seen 1 times"):
        await close(database, problem, kaisa, now + timedelta(days=3))


async def test_a_failure_before_the_fix_or_of_another_cause_does_not(
    database: Database, problem: Problem, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await add_failure(session, case, now - timedelta(days=1))
        await add_failure(session, case, now + timedelta(days=1), reason="revoked")
    await fix(database, problem, kaisa, now)
    assert (await close(database, problem, kaisa, now + timedelta(days=3))).closed_at is not None


async def test_after_it_closed_the_same_cause_is_a_new_problem(
    database: Database, problem: Problem, case: Case, kaisa: Actor, now: datetime
) -> None:
    await fix(database, problem, kaisa, now)
    await close(database, problem, kaisa, now)
    async with database.transaction() as session:
        again = await problems.open_or_join(session, case, VERDICT, [], "", now=now)
        assert (await session.get_one(Case, case.id)).problem_id == again.id != problem.id


async def test_a_problem_that_is_not_there_is_not_found(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(NotFound):
            await problems.get_problem(session, 0)
