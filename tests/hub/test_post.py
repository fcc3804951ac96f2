from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.database import Database
from hub.errors import Conflict
from hub.house import House
from hub.letters import Letter
from hub.post import CUSTOMER, get_envelope, get_token, plan_mail
from hub.tables import ActorKind, Case, Direction, Effect, Message
from tests.samples import add_case

LETTER = Letter(subject="Re: HBR", text="It is there now.")


async def hear(database: Database, case: Case, at: datetime, address: str, *, held: bool = False) -> None:
    inbound = {"direction": Direction.INBOUND, "author_kind": ActorKind.CUSTOMER, "party": CUSTOMER, "held": held}
    async with database.transaction() as session:
        session.add(Message(case_id=case.id, at=at, author_address=address, mail_id=f"<{address}>", **inbound))


async def send(
    database: Database, house: House, case: Case, now: datetime, author: Actor | None = None, letter: Letter = LETTER
) -> Effect:
    async with database.transaction() as session:
        message = await plan_mail(session, house, case, letter, author=author, now=now)
        return (await session.scalars(sa.select(Effect).filter_by(message_id=message.id))).one()


async def test_a_mail_is_a_row_first_with_its_words_on_the_case(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    effect = await send(database, house, case, now, kaisa)
    assert (effect.state, effect.recipient, effect.automatic) == ("planned", "matti.lukija@example.com", False)
    assert (effect.person_id, effect.payload["text"]) == (kaisa.person_id, LETTER.text)


async def test_it_goes_to_where_the_customer_wrote_from_last_and_answers_that(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    await hear(database, case, now, "matti@home.example")
    await hear(database, case, now + timedelta(hours=1), "matti@work.example")
    await hear(database, case, now + timedelta(hours=2), "else@example.org", held=True)
    effect = await send(database, house, case, now, kaisa)
    assert effect.recipient == "matti@work.example"
    assert effect.payload["in_reply_to"] == "<matti@work.example>"


async def test_an_answer_comes_back_to_the_case_by_address_and_message_id(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    effect = await send(database, house, case, now, kaisa)
    async with database.transaction() as session:
        token = await get_token(session, case.id, CUSTOMER, "")
    assert effect.payload["reply_to"] == f"support+{token}@luotsi.example"
    assert token in effect.payload["message_id"]


async def test_case_and_party_have_one_token(database: Database, case: Case, now: datetime) -> None:
    async with database.transaction() as session:
        one = await get_token(session, case.id, CUSTOMER, "a@example.com")
        assert await get_token(session, case.id, CUSTOMER, "b@example.com") == one
        assert await get_token(session, case.id, "publisher_desk", "desk@example.com") != one


async def test_a_case_has_one_automatic_message_and_as_many_from_people_as_needed(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    await send(database, house, case, now)
    other = LETTER.model_copy(update={"text": "Other words."})
    with pytest.raises(Conflict, match="one automatic"):
        await send(database, house, case, now, letter=other)
    await send(database, house, case, now, kaisa, other)


async def test_the_same_text_never_goes_twice_to_the_same_person_whatever_the_case_or_link(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    linked = Letter(subject="Re: HBR", text="There. http://x/1", link="http://x/1")
    await send(database, house, case, now, kaisa, linked)
    async with database.transaction() as session:
        next_case = await add_case(session, now)
        liisas = await add_case(session, now, "liisa@example.com")
    relinked = Letter(subject="Re: HBR", text="There. http://x/2", link="http://x/2")
    with pytest.raises(Conflict, match="in other words"):
        await send(database, house, next_case, now, kaisa, relinked)
    await send(database, house, liisas, now, kaisa, relinked)


async def test_nothing_goes_out_of_history(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        old = await session.get_one(Case, case.id)
        old.imported, old.solved_at = True, now
    with pytest.raises(Conflict, match="imported"):
        await send(database, house, old, now, kaisa)


async def test_a_mail_that_was_refused_leaves_no_words_on_the_case(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    await send(database, house, case, now, kaisa)
    with pytest.raises(Conflict):
        await send(database, house, case, now, kaisa)
    async with database.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1


async def test_an_envelope_names_owner_item_and_status_page(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    async with database.transaction() as session:
        envelope = await get_envelope(session, house, case, "hbr/2026-11", now)
    assert (envelope.owner, envelope.item, envelope.number) == ("Kaisa", "Harvard Business Review 2026-11", case.number)
    assert envelope.link.startswith("http://luotsi.example/s/")
