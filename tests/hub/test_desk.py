from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.chain import State, Verdict
from hub.database import Database
from hub.desk import add_note, ask_partner, hand_over, order_remedy, send_reply, solve
from hub.errors import AlreadyKnown, Conflict, InvalidInput, NotFound
from hub.house import House
from hub.ledger import record_fact
from hub.ports import RequestStatus
from hub.promises import make_promise
from hub.tables import Case, Effect, EffectState, Entry, FactSource, Promise, Request
from hub.tracing import record_trace
from tests.samples import add_person, list_kinds, to_actor

BROKEN = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence", item="hbr/2026-11")
WHOLE = Verdict(state=State.WHOLE, item="hbr/2026-11")


@pytest.fixture
async def known(database: Database, case: Case, now: datetime) -> Case:
    """A case whose app is known and whose copy was never made."""
    async with database.transaction() as session:
        await record_fact(session, case.id, "app", "zinio", (FactSource.PERSON, "Kaisa"), now)
        await record_trace(session, case.id, [], BROKEN, now)
    return case


async def reply(
    database: Database, house: House, case: Case, actor: Actor, now: datetime, text: str, **more: Any
) -> None:
    async with database.transaction() as session:
        await send_reply(session, house, case.id, actor, text, now=now, **more)


async def promise(database: Database, house: House, case: Case, now: datetime, *kinds: str) -> None:
    async with database.transaction() as session:
        for kind in kinds:
            await make_promise(session, case, house.playbooks["magazine"], kind, "HBR", now=now)


async def list_outcomes(database: Database) -> dict[str, str | None]:
    async with database.transaction() as session:
        rows = await session.scalars(sa.select(Promise).execution_options(populate_existing=True))
        return {row.kind: row.outcome for row in rows}


async def test_a_reply_goes_out_signed_and_keeps_the_promise_of_news(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    await promise(database, house, known, now, "news", "arrival")
    await reply(database, house, known, kaisa, now, "Selvitän asiaa.")
    async with database.transaction() as session:
        effect = (await session.scalars(sa.select(Effect))).one()
        assert (await list_kinds(session, known))[-2:] == ["replied", "promise_kept"]
    assert effect.payload["text"].startswith("Selvitän asiaa.\n\n-- \nKaisa")
    assert await list_outcomes(database) == {"news": "kept", "arrival": None}


@pytest.mark.parametrize(("text", "asks"), [("Hei.", ["app", "device"]), ("Millä sovelluksella luet?", [])])
async def test_what_is_known_is_not_asked_whether_declared_or_in_words(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime, text: str, asks: list[str]
) -> None:
    with pytest.raises(AlreadyKnown) as refused:
        await reply(database, house, known, kaisa, now, text, asks=asks)
    assert refused.value.known == {"app": ["zinio"]}


async def test_a_reason_lets_it_be_asked_again_and_is_on_record(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    await reply(database, house, known, kaisa, now, "Hei.", asks=["app"], override="he has two")
    async with database.transaction() as session:
        entry = (await session.scalars(sa.select(Entry).filter_by(kind="asked_twice"))).one()
    assert (entry.actor, entry.text) == ("Kaisa", "asked again for app: he has two")


async def test_nothing_cannot_be_sent(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    with pytest.raises(InvalidInput):
        await reply(database, house, known, kaisa, now, " \n ")


async def test_a_remedy_that_mends_the_broken_link_promises_arrival(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        effect = await order_remedy(session, house, known.id, kaisa, "redeliver", now=now)
    assert (effect.party, effect.payload["item"], effect.person_id) == ("delivery", "hbr/2026-11", kaisa.person_id)
    assert await list_outcomes(database) == {"arrival": None}


async def test_a_remedy_that_makes_good_promises_no_arrival(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        effect = await order_remedy(session, house, known.id, kaisa, "extend", now=now)
    assert effect.payload["parameters"] == {"days": 7, "reason_code": 3}
    assert await list_outcomes(database) == {}


async def test_a_remedy_that_the_playbook_has_not_or_before_a_look_is_refused(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        with pytest.raises(NotFound, match="redeliver, extend"):
            await order_remedy(session, house, case.id, kaisa, "refund", now=now)
        with pytest.raises(Conflict, match="not been asked yet"):
            await order_remedy(session, house, case.id, kaisa, "redeliver", now=now)


async def ask(database: Database, house: House, case: Case, actor: Actor, now: datetime, text: str = "Why?") -> Request:
    async with database.transaction() as session:
        return await ask_partner(session, house, case.id, actor, "publisher_desk", text, now=now)


async def test_a_desk_is_asked_on_the_request_that_stands(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    first = await ask(database, house, known, kaisa, now)
    again = await ask(database, house, known, kaisa, now, "Any news?")
    assert again.id == first.id
    async with database.transaction() as session:
        kinds = await session.scalars(sa.select(Effect.kind).order_by(Effect.id))
        assert list(kinds) == ["open_request", "update_request"]


@pytest.mark.parametrize("dropped", [EffectState.REFUSED, EffectState.WITHDRAWN])
async def test_a_request_that_was_never_opened_takes_no_words(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime, dropped: EffectState
) -> None:
    first = await ask(database, house, known, kaisa, now)
    async with database.transaction() as session:
        await session.execute(sa.update(Effect).values(state=dropped))
    assert (await ask(database, house, known, kaisa, now + timedelta(hours=1))).id != first.id


async def test_after_the_desk_called_it_solved_a_new_request_is_opened(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    first = await ask(database, house, known, kaisa, now)
    async with database.transaction() as session:
        await session.execute(sa.update(Request).values(ref="77", status=RequestStatus.SOLVED))
    assert (await ask(database, house, known, kaisa, now + timedelta(hours=1))).id != first.id


async def test_a_chain_that_is_whole_can_be_asked_about_all_the_same(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await record_trace(session, case.id, [], WHOLE, now)
    assert (await ask(database, house, case, kaisa, now)).partner == "publisher_desk"


async def test_only_a_desk_of_the_chain_can_be_asked(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        with pytest.raises(NotFound, match="grid has no desk"):
            await ask_partner(session, house, known.id, kaisa, "grid", "Why?", now=now)


async def test_handed_over_the_case_takes_its_promises_along(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    await promise(database, house, known, now, "news")
    async with database.transaction() as session:
        otto = to_actor(await add_person(session, "Otto", now))
        await hand_over(session, known.id, kaisa, otto.person_id, now=now)
        assert (await session.get_one(Case, known.id)).owner_id == otto.person_id
        assert list(await session.scalars(sa.select(Promise.keeper_id))) == [otto.person_id]


async def test_nobody_absent_is_handed_a_case(database: Database, known: Case, kaisa: Actor, now: datetime) -> None:
    async with database.transaction() as session:
        away = await add_person(session, "Otto", now, present=False)
        with pytest.raises(Conflict, match="not present"):
            await hand_over(session, known.id, kaisa, away.id, now=now)


@pytest.mark.parametrize(("text", "news"), [("Nyt se on perillä.", "kept"), ("", "withdrawn")])
async def test_news_is_kept_by_telling_it_and_what_else_was_promised_is_withdrawn(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime, text: str, news: str
) -> None:
    await promise(database, house, known, now, "news", "arrival")
    async with database.transaction() as session:
        await solve(session, house, known.id, kaisa, text=text, now=now)
        assert (await session.get_one(Case, known.id)).solved_at == now
    assert await list_outcomes(database) == {"news": news, "arrival": "withdrawn"}


async def test_a_case_is_solved_once(
    database: Database, house: House, known: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await solve(session, house, known.id, kaisa, now=now)
        with pytest.raises(Conflict, match="solved already"):
            await solve(session, house, known.id, kaisa, now=now)


async def test_a_note_is_on_the_timeline_of_a_case_that_is_there(
    database: Database, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await add_note(session, case.id, kaisa, "called him", now=now)
        assert (await list_kinds(session, case))[-1] == "note"
        with pytest.raises(NotFound):
            await add_note(session, case.id + 1, kaisa, "called him", now=now)
