from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.database import Database
from hub.facts import MANY, FoundFact
from hub.facts.asks import KEYS
from hub.ledger import SINGLE, carry_facts, find_known, list_facts, record_fact, record_facts, to_known
from hub.tables import ActorKind, Case, Direction, Fact, FactSource, Message
from tests.samples import add_case

TOLD = (FactSource.PERSON, "Kaisa")


def found(key: str, value: str | bool, quote: str = "x") -> FoundFact:
    return FoundFact(key=key, value=value, start=0, end=len(quote), quote=quote)


async def hear(database: Database, case: Case, now: datetime, *facts: FoundFact) -> int:
    """A message with these facts; its id."""
    inbound = {"direction": Direction.INBOUND, "author_kind": ActorKind.CUSTOMER, "party": "customer"}
    async with database.transaction() as session:
        message = Message(case_id=case.id, at=now, **inbound)
        session.add(message)
        await session.flush()
        await record_facts(session, case.id, message.id, facts, now)
    return message.id


async def get_known(database: Database, case: Case) -> dict[str, list[str]]:
    async with database.transaction() as session:
        return to_known(await list_facts(session, case.id))


def test_a_key_has_one_value_or_many() -> None:
    assert SINGLE | MANY | {"name"} == set(KEYS)
    assert not SINGLE & MANY


async def test_a_fact_keeps_the_words_it_came_from(database: Database, case: Case, now: datetime) -> None:
    message_id = await hear(database, case, now, found("app", "zinio", "Ziniolla"))
    async with database.transaction() as session:
        [fact] = await list_facts(session, case.id)
    assert (fact.message_id, fact.quote, fact.source) == (message_id, "Ziniolla", FactSource.MESSAGE)


async def test_read_twice_a_message_adds_nothing(database: Database, case: Case, now: datetime) -> None:
    message_id = await hear(database, case, now, found("app", "zinio"))
    async with database.transaction() as session:
        await record_facts(session, case.id, message_id, [found("app", "zinio")], now)
        assert len(await list_facts(session, case.id)) == 1


async def test_a_later_word_supersedes_and_keeps_the_earlier(database: Database, case: Case, now: datetime) -> None:
    await hear(database, case, now, found("account_email", "old@example.com"))
    await hear(database, case, now + timedelta(hours=1), found("account_email", "new@example.com"))
    assert await get_known(database, case) == {"account_email": ["new@example.com"]}
    async with database.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Fact)) == 2


async def test_one_may_come_back_to_an_earlier_word(database: Database, case: Case, now: datetime) -> None:
    for address in ("one@example.com", "two@example.com", "one@example.com"):
        await hear(database, case, now, found("account_email", address))
    assert await get_known(database, case) == {"account_email": ["one@example.com"]}


async def test_what_may_be_many_is_gathered(database: Database, case: Case, now: datetime) -> None:
    await hear(database, case, now, found("device", "ipad"), found("wants_person", True))
    await hear(database, case, now, found("device", "mac"))
    assert await get_known(database, case) == {"device": ["ipad", "mac"], "wants_person": ["true"]}


async def test_a_persons_word_supersedes_the_messages(database: Database, case: Case, now: datetime) -> None:
    await hear(database, case, now, found("since", "2026-11-01"))
    async with database.transaction() as session:
        await record_fact(session, case.id, "since", "2026-10-30", TOLD, now)
    assert await get_known(database, case) == {"since": ["2026-10-30"]}


async def test_only_what_lasts_and_still_holds_is_carried_on(database: Database, case: Case, now: datetime) -> None:
    await hear(database, case, now, found("bought_from", "publisher"), found("since", "2026-11-01"))
    await hear(database, case, now, found("bought_from", "app_store"))
    async with database.transaction() as session:
        other = await add_case(session, now, "liisa@example.com")
        await carry_facts(session, case.id, other.id)
    assert await get_known(database, other) == {"bought_from": ["app_store"]}


@pytest.mark.parametrize(
    ("asks", "known"),
    [(["app"], {"app": ["zinio"]}), (["device"], {}), (["issue"], {}), ([], {})],
)
def test_of_what_is_asked_that_which_is_known(asks: list[str], known: dict[str, list[str]]) -> None:
    assert find_known(asks, {"app": ["zinio"], "issue": []}) == known
