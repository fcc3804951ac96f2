from datetime import datetime, timedelta

from hub.database import Database
from hub.ledger import list_facts, record_fact, to_known
from hub.tables import FactSource
from tests.samples import add_case, add_person

TOLD = (FactSource.PERSON, "Kaisa")


async def test_what_lasts_is_known_in_the_customers_next_case_and_what_passed_is_not(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        first = await add_case(session, now)
        await record_fact(session, first.id, "app", "zinio", TOLD, now)
        await record_fact(session, first.id, "issue", "2026-09", TOLD, now)
        second = await add_case(session, now + timedelta(days=58))
        facts = await list_facts(session, second.id)
    assert to_known(facts) == {"app": ["zinio"]}
    assert [(fact.source_name, fact.at) for fact in facts] == [("Kaisa", now)]


async def test_another_customers_case_starts_from_nothing(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        first = await add_case(session, now)
        await record_fact(session, first.id, "app", "zinio", TOLD, now)
        other = await add_case(session, now, "liisa.korpi@example.net")
        assert await list_facts(session, other.id) == []
