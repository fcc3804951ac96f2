from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.automation import stop, wish_person
from hub.chain import State, Verdict
from hub.database import Database
from hub.desk import solve
from hub.house import House
from hub.ledger import record_fact
from hub.ports import Comment, RequestState, RequestStatus
from hub.requesting import MOST_ANSWERS, plan_request, plan_update, take_in_state
from hub.tables import Case, Decision, Effect, Entry, FactSource, Message, Request, Work
from tests.samples import list_kinds

VERDICT = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence", item="hbr/2026-11")
TOLD = (FactSource.PERSON, "Kaisa")
ASKS = "Mitä sovellusta lukija käyttää?"


@pytest.fixture
async def request_row(database: Database, house: House, case: Case, now: datetime) -> Request:
    async with database.transaction() as session:
        await record_fact(session, case.id, "app", "zinio", TOLD, now)
        return await plan_request(session, case, house, VERDICT, None, actor=None, now=now)


def to_state(now: datetime, *texts: str, status: RequestStatus = RequestStatus.OPEN, **more: Any) -> RequestState:
    comments = tuple(Comment(ref=f"c{i}", author="Desk", text=t, at=now, **more) for i, t in enumerate(texts))
    return RequestState(ref="77", key="k", status=status, partner_status="", updated_at=now, comments=comments)


async def take_in(database: Database, house: House, row: Request, state: RequestState, now: datetime) -> None:
    async with database.transaction() as session:
        row = await session.get_one(Request, row.id, populate_existing=True)
        await take_in_state(session, row, state, house, now=now)


async def list_effects(database: Database, kind: str) -> list[Effect]:
    async with database.transaction() as session:
        return list(await session.scalars(sa.select(Effect).filter_by(kind=kind).order_by(sa.text("id"))))


async def get_called(database: Database) -> list[str]:
    async with database.transaction() as session:
        return [e.text for e in await session.scalars(sa.select(Entry).filter_by(kind="call"))]


async def test_the_desk_gets_what_is_known_and_what_we_ask(
    database: Database, request_row: Request, case: Case
) -> None:
    [effect] = await list_effects(database, "open_request")
    assert (effect.party, effect.key, effect.automatic) == ("publisher_desk", request_row.key, True)
    for part in ("Lukusovellus: Zinio", "Numero Harvard Business Review 2026-11", "lisenssiä"):
        assert part in effect.payload["text"]
    async with database.transaction() as session:
        assert (await session.scalars(sa.select(Decision))).one().rule == "request"
        assert "requested" in await list_kinds(session, case)


async def test_a_persons_own_words_go_in_place_of_the_playbooks(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await plan_request(session, case, house, VERDICT, None, actor=kaisa, text="Soittakaa minulle.", now=now)
    [effect] = await list_effects(database, "open_request")
    assert "Soittakaa minulle." in effect.payload["text"]
    assert "lisenssiä" not in effect.payload["text"].split("Mitä pyydämme:")[1]
    assert not effect.automatic


async def test_a_desks_answer_joins_the_case_and_the_chain_is_looked_at(
    database: Database, house: House, request_row: Request, case: Case, now: datetime
) -> None:
    await take_in(database, house, request_row, to_state(now, "It is downloadable."), now)
    async with database.transaction() as session:
        said = (await session.scalars(sa.select(Message).filter_by(direction="inbound"))).one()
        assert (said.text, said.party, said.author_kind) == ("It is downloadable.", "publisher_desk", "partner")
        assert (await session.scalars(sa.select(Work.key))).one() == f"trace:{case.id}"
        assert (await session.get_one(Request, request_row.id)).ref == "77"


async def test_read_twice_it_has_one_effect(
    database: Database, house: House, request_row: Request, case: Case, now: datetime
) -> None:
    for _ in range(2):
        await take_in(database, house, request_row, to_state(now, "It is done.", status=RequestStatus.SOLVED), now)
    async with database.transaction() as session:
        assert (await list_kinds(session, case)).count("answered") == 1


async def test_our_own_words_are_on_the_case_already(
    database: Database, house: House, request_row: Request, case: Case, now: datetime
) -> None:
    await take_in(database, house, request_row, to_state(now, "Our text", ours=True), now)
    async with database.transaction() as session:
        assert "answered" not in await list_kinds(session, case)
        assert list(await session.scalars(sa.select(Work))) == []


async def test_a_solved_case_is_not_looked_at_again(
    database: Database, house: House, request_row: Request, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await solve(session, house, case.id, kaisa, now=now)
    await take_in(database, house, request_row, to_state(now, "Done.", status=RequestStatus.SOLVED), now)
    async with database.transaction() as session:
        assert list(await session.scalars(sa.select(Work))) == []


async def test_a_question_is_answered_from_what_is_known(
    database: Database, house: House, request_row: Request, now: datetime
) -> None:
    await take_in(database, house, request_row, to_state(now, ASKS, status=RequestStatus.PENDING), now)
    [effect] = await list_effects(database, "update_request")
    assert "Lukusovellus: Zinio" in effect.payload["text"]
    assert await get_called(database) == []


@pytest.mark.parametrize("text", ["Mikä on lukijan laite?", "Mikä on lukijan puhelinnumero?"])
async def test_what_is_not_known_or_not_the_desks_goes_to_the_owner(
    database: Database, house: House, request_row: Request, case: Case, now: datetime, text: str
) -> None:
    async with database.transaction() as session:
        await record_fact(session, case.id, "phone", "+358401234567", TOLD, now)
    await take_in(database, house, request_row, to_state(now, text, status=RequestStatus.PENDING), now)
    assert await list_effects(database, "update_request") == []
    assert len(await get_called(database)) == 1


@pytest.mark.parametrize("by_rule", [True, False])
async def test_where_automation_is_stopped_the_owner_answers(
    database: Database, house: House, request_row: Request, case: Case, kaisa: Actor, now: datetime, by_rule: bool
) -> None:
    async with database.transaction() as session:
        stopping = (
            stop(session, kaisa, "answer_partner", "", now=now) if by_rule else wish_person(session, case.id, now=now)
        )
        await stopping
    await take_in(database, house, request_row, to_state(now, ASKS, status=RequestStatus.PENDING), now)
    assert await list_effects(database, "update_request") == []
    assert len(await get_called(database)) == 1


async def test_two_robots_do_not_go_on_talking(
    database: Database, house: House, request_row: Request, case: Case, now: datetime
) -> None:
    asked = []
    for turn, value in enumerate(["readly", "kindle", "pressreader"]):
        async with database.transaction() as session:
            await record_fact(session, case.id, "app", value, TOLD, now)
        asked.append(ASKS)
        await take_in(database, house, request_row, to_state(now, *asked, status=RequestStatus.PENDING), now)
        assert len(await list_effects(database, "update_request")) == min(turn + 1, MOST_ANSWERS)
    assert len(await get_called(database)) == 1


async def test_the_very_same_words_go_once_to_a_request(
    database: Database, request_row: Request, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        for text in ("Any news?", "Any  news?", "Still none?"):
            await plan_update(session, case, request_row, text, actor=kaisa, now=now + timedelta(hours=1))
    assert [e.payload["text"] for e in await list_effects(database, "update_request")] == ["Any news?", "Still none?"]
