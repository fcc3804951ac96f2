import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from connectors.sandbox.seed import load_seed
from flows.catalogue import load_names
from hub.actors import Actor
from hub.cases import get_case
from hub.customers import record_customer
from hub.database import Database
from hub.desk import solve
from hub.house import House
from hub.inbox import Arrival, store_mail
from hub.playbooks import load_playbooks
from hub.post import CUSTOMER, get_token
from hub.tables import Case, Effect, Entry, Fact, Message, RawMail, Role, Work
from hub.understanding import understand_mail
from tests.samples import add_person

HOUSE = House(
    support_address="support@luotsi.example",
    support_name="Luotsi",
    public_url="http://luotsi.example",
    secret="s" * 40,
    catalogue=load_names(Path("config/catalogue.yaml")).model_copy(
        update={"publications": tuple(load_seed("tests/people.yaml").publications)}
    ),
    playbooks=load_playbooks(Path("playbooks")),
)


def to_raw(
    body: str = "HBR puuttuu Ziniosta.", message_id: str = "1@x", sender: str = "matti@example.com", **more: str
) -> bytes:
    headers = {"From": sender, "To": HOUSE.support_address, "Subject": "HBR", "Message-ID": f"<{message_id}>", **more}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", body, ""])).encode()


async def receive(
    database: Database, now: datetime, raw: bytes, to: str = "", sender: str = "matti@example.com"
) -> int | None:
    """The id of the case that it was understood to belong to."""
    recipients = [to or HOUSE.support_address]
    arrival = Arrival(channel="smtp", sender=sender, recipients=recipients, content=raw, received_at=now)
    async with database.transaction() as session:
        raw_id = await store_mail(session, arrival)
    async with database.transaction() as session:
        return await understand_mail(session, raw_id, HOUSE, now=now)


async def count(database: Database, table: type) -> int:
    async with database.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.fixture
async def staffed(database: Database, now: datetime) -> Database:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
    return database


async def test_a_mail_opens_one_case_with_facts_and_the_chain_is_due(staffed: Database, now: datetime) -> None:
    case_id = await receive(staffed, now, to_raw())
    async with staffed.transaction() as session:
        facts = {(f.key, f.value) for f in await session.scalars(sa.select(Fact))}
        due = await session.scalar(sa.select(col(Work.key)).where(col(Work.case_id) == case_id))
    assert {("publication", "hbr"), ("app", "zinio"), ("symptom", "missing_issue")} <= facts
    assert due == f"trace:{case_id}"


async def test_a_facts_span_is_the_words_it_came_from(staffed: Database, now: datetime) -> None:
    await receive(staffed, now, to_raw())
    async with staffed.transaction() as session:
        message = (await session.scalars(sa.select(Message))).one()
        facts = list(await session.scalars(sa.select(Fact)))
    said = f"{message.subject}\n\n{message.text}"
    assert facts
    assert all(said[f.start : f.end] == f.quote for f in facts)


async def test_the_same_mail_twice_is_one_message_and_one_case(staffed: Database, now: datetime) -> None:
    await receive(staffed, now, to_raw())
    again = b"Received: from elsewhere\n" + to_raw()
    assert await receive(staffed, now, again) is None
    assert (await count(staffed, RawMail), await count(staffed, Message), await count(staffed, Case)) == (2, 1, 1)


async def test_different_mails_that_share_a_message_id_are_both_kept(staffed: Database, now: datetime) -> None:
    await receive(staffed, now, to_raw("HBR puuttuu."))
    await receive(staffed, now, to_raw("Hei taas, HBR puuttuu edelleen."))
    assert await count(staffed, Message) == 2


async def test_a_new_mail_about_the_open_matter_joins_it(staffed: Database, now: datetime) -> None:
    first = await receive(staffed, now, to_raw())
    assert await receive(staffed, now, to_raw("HBR ei vieläkään näy.", "2@x")) == first


async def test_a_mail_about_another_title_is_another_case(staffed: Database, now: datetime) -> None:
    first = await receive(staffed, now, to_raw())
    assert await receive(staffed, now, to_raw("Hufvudstadsbladet saknas i appen.", "2@x", Subject="HBL")) != first


async def test_an_answer_with_the_token_joins_its_case(staffed: Database, now: datetime) -> None:
    case_id = await receive(staffed, now, to_raw())
    assert case_id is not None
    to = await token_address(staffed, case_id)
    assert await receive(staffed, now, to_raw("Kiitos!", "2@x"), to) == case_id


async def token_address(database: Database, case_id: int) -> str:
    async with database.transaction() as session:
        token = await get_token(session, case_id, CUSTOMER, "matti@example.com")
    return f"support+{token}@luotsi.example"


async def test_someone_elses_answer_is_held_for_the_owner_and_joins_nothing(staffed: Database, now: datetime) -> None:
    case_id = await receive(staffed, now, to_raw())
    assert case_id is not None
    to = await token_address(staffed, case_id)
    before = await count(staffed, Fact)
    await receive(staffed, now, to_raw("Luen Readlylla.", "2@x", "else@example.org"), to, "else@example.org")
    async with staffed.transaction() as session:
        held = (await session.scalars(sa.select(Message).where(col(Message.held)))).one()
    assert (held.case_id, held.author_address) == (case_id, "else@example.org")
    assert await count(staffed, Fact) == before


@pytest.mark.parametrize(
    "automatic",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk", "List_Id": "<news.example.com>"}],
)
async def test_automatic_mail_is_stored_and_opens_nothing(
    staffed: Database, now: datetime, automatic: dict[str, str]
) -> None:
    assert await receive(staffed, now, to_raw("Olen lomalla.", **automatic)) is None
    assert (await count(staffed, Message), await count(staffed, Case), await count(staffed, Effect)) == (1, 0, 0)


async def test_automatic_mail_with_a_token_is_shown_on_the_case_and_not_answered(
    staffed: Database, now: datetime
) -> None:
    case_id = await receive(staffed, now, to_raw())
    assert case_id is not None
    to = await token_address(staffed, case_id)
    assert await receive(staffed, now, to_raw("Olen lomalla.", "2@x", Auto_Submitted="auto-replied"), to) == case_id
    assert await count(staffed, Effect) == 0


async def test_a_wish_for_a_person_stops_automation_in_the_same_transaction(staffed: Database, now: datetime) -> None:
    case_id = await receive(staffed, now, to_raw("HBR puuttuu. Haluan puhua ihmisen kanssa."))
    async with staffed.transaction() as session:
        assert (await get_case(session, case_id or 0)).stopped_at == now


@pytest.mark.parametrize(("days", "same"), [(29, True), (31, False)])
async def test_an_answer_to_a_solved_case_reopens_it_within_thirty_days(
    staffed: Database, now: datetime, days: int, same: bool
) -> None:
    case_id = await receive(staffed, now, to_raw())
    assert case_id is not None
    to = await token_address(staffed, case_id)
    async with staffed.transaction() as session:
        kaisa = await add_actor(session, now)
        await solve(session, HOUSE, case_id, kaisa, now=now)
    later = await receive(staffed, now + timedelta(days=days), to_raw("Ei auttanut.", "2@x"), to)
    assert (later == case_id) is same
    async with staffed.transaction() as session:
        case = await get_case(session, later or 0)
    assert (case.solved_at, case.previous_id) == (None, None if same else case_id)


async def add_actor(session: AsyncSession, now: datetime) -> Actor:
    person = await add_person(session, "Otto", now)
    return Actor(person_id=person.id, name=person.name, role=Role.AGENT)


async def test_the_timeline_is_append_only(staffed: Database, now: datetime) -> None:
    await receive(staffed, now, to_raw())
    with pytest.raises(IntegrityError, match="append-only"):
        async with staffed.transaction() as session:
            await session.execute(sa.update(Entry).values(text="nothing happened"))


async def test_raw_mail_cannot_be_changed_or_lost(staffed: Database, now: datetime) -> None:
    await receive(staffed, now, to_raw())
    with pytest.raises(IntegrityError, match="append-only"):
        async with staffed.transaction() as session:
            await session.execute(sa.update(RawMail).values(content=b""))
    with pytest.raises(IntegrityError):
        async with staffed.transaction() as session:
            await session.execute(sa.delete(RawMail))


async def understand_at_once(database: Database, now: datetime, *raws: bytes) -> list[int | None]:
    """As workers do after a time when nobody was there: all of them in the same moment."""
    arrivals = [
        Arrival(channel="smtp", sender="matti@example.com", recipients=[], content=raw, received_at=now) for raw in raws
    ]
    async with database.transaction() as session:
        ids = [await store_mail(session, arrival) for arrival in arrivals]
    return await asyncio.gather(*(_understand(database, raw_id, now) for raw_id in ids))


async def _understand(database: Database, raw_id: int, now: datetime) -> int | None:
    async with database.transaction() as session:
        return await understand_mail(session, raw_id, HOUSE, now=now)


async def test_the_same_mail_delivered_twice_is_understood_twice_at_once(committed: Database, now: datetime) -> None:
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", now)
    found = await understand_at_once(committed, now, *[to_raw()] * 4)
    assert found.count(None) == 3
    assert (await count(committed, Message), await count(committed, Case)) == (1, 1)


async def test_two_mails_on_one_matter_understood_at_once_are_one_case(committed: Database, now: datetime) -> None:
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", now)
        await record_customer(session, "matti@example.com", "Matti", "fi", now)
    words = [f"HBR puuttuu Ziniosta, kerta {turn}." for turn in "abcd"]
    found = await understand_at_once(committed, now, *[to_raw(text, f"{text[-2]}@x") for text in words])
    assert len(set(found)) == 1
