from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.database import Database
from hub.errors import Conflict
from hub.owners import Candidate, choose_owner, set_presence
from hub.tables import Case, Person
from tests.samples import add_case, add_person


def candidate(person_id: int, load: int = 0, skills: str = "", languages: str = "") -> Candidate:
    return Candidate(
        person_id=person_id,
        name=f"P{person_id}",
        skills=frozenset(skills.split()),
        languages=frozenset(languages.split()),
        open_cases=load,
    )


@pytest.mark.parametrize(
    ("candidates", "previous", "chosen"),
    [
        ([candidate(1), candidate(2)], 2, 2),
        ([candidate(1), candidate(2)], 9, 1),
        ([candidate(1, load=3), candidate(2, load=1)], None, 2),
        ([candidate(1), candidate(2, load=9, languages="fi")], None, 2),
        ([candidate(1, languages="fi"), candidate(2, load=5, languages="fi", skills="magazine")], None, 2),
        ([candidate(1, skills="magazine"), candidate(2, languages="fi")], None, 2),
    ],
)
def test_the_earlier_owner_then_the_most_able_then_the_least_loaded(
    candidates: list[Candidate], previous: int | None, chosen: int
) -> None:
    choice = choose_owner(candidates, "magazine", "fi", previous)
    assert choice is not None
    assert choice.person_id == chosen


def test_nobody_present_is_nobody_chosen() -> None:
    assert choose_owner([], "magazine", "fi") is None


async def test_absence_hands_every_case_over_at_once(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        kaisa = await add_person(session, "Kaisa", now)
        case = await add_case(session, now)
        other = await add_person(session, "Otto", now)
    async with database.transaction() as session:
        await set_presence(session, kaisa.id, False, now=now)
    async with database.transaction() as session:
        assert (await session.get_one(Case, case.id)).owner_id == other.id


async def test_the_last_one_present_cannot_leave_open_cases(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        kaisa = await add_person(session, "Kaisa", now)
        await add_case(session, now)
    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await set_presence(session, kaisa.id, False, now=now)


async def test_nobody_present_opens_no_case(database: Database, now: datetime) -> None:
    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await add_case(session, now)


async def test_the_database_itself_refuses_an_absent_owner(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        await add_case(session, now)
    with pytest.raises(IntegrityError, match="still owns open cases"):
        async with database.transaction() as session:
            await session.execute(sa.update(Person).values(present=False))


async def test_the_database_itself_refuses_a_case_without_owner(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        await add_case(session, now)
    with pytest.raises(IntegrityError, match="owner_id"):
        async with database.transaction() as session:
            await session.execute(sa.update(Case).values(owner_id=None))
