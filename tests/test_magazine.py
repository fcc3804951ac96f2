"""The main job on real input: mail in, the chain asked, the broken link put right, the delivery seen to arrive."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hub.actors import Actor
from hub.database import Database
from hub.desk import order_remedy, send_reply, solve
from hub.errors import AlreadyKnown, Conflict
from hub.tables import Case, Decision, Effect, EffectState, Entry, Fact, Message, Person, Problem, Promise, Role, Trace
from tests.samples import add_person
from tests.world import World, make_world

SEPTEMBER = datetime(2026, 9, 15, 6, 0, tzinfo=UTC)
MATTI = "matti.lukija@example.com"
MISSING = {"link": "delivered", "customer": MATTI, "kind": "no_licence"}


def mail(number: int, month: str, body: str = "") -> str:
    return f"""\
From: Matti Lukija <{MATTI}>
To: support@luotsi.example
Subject: HBR puuttuu
Message-ID: <{number}@example.com>
Content-Type: text/plain; charset=utf-8

Hei, Harvard Business Review'n {month} numero ei ole ilmestynyt Zinioon.
Luen iPadilla, tunnus {MATTI}. {body}
"""


@pytest_asyncio.fixture
async def world(committed: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", SEPTEMBER)
        await add_person(session, "Otto", SEPTEMBER)
    async with make_world(committed, SEPTEMBER, tmp_path) as world:
        yield world


async def get_owner(world: World, case: Case) -> Actor:
    async with world.database.transaction() as session:
        person = await session.get_one(Person, case.owner_id)
    return Actor(person_id=person.id, name=person.name, role=Role.AGENT)


async def play_september(world: World) -> Case:
    await world.order("delivery", "faults", {**MISSING, "item": "hbr/2026-09"})
    await world.write(mail(1, "syyskuun"))
    for _ in range(4):
        await world.pass_time(seconds=20)
    [case] = await world.get_cases()
    return case


async def list_kinds(world: World, case: Case) -> list[str]:
    return [entry.kind for entry in await world.list_rows(Entry, case_id=case.id)]


async def last_verdict(world: World, case: Case) -> dict[str, Any]:
    verdict: dict[str, Any] = (await world.list_rows(Trace, case_id=case.id))[-1].verdict
    return verdict


async def test_a_missing_copy_is_found_put_right_and_seen_to_arrive(world: World) -> None:
    case = await play_september(world)
    first, *_, last = await world.list_rows(Trace, case_id=case.id)
    assert (first.verdict["link"], first.verdict["reason"], first.verdict["sure"]) == (
        "delivered",
        "no_licence",
        "certain",
    )
    assert last.verdict["state"] == "whole"
    [promise] = await world.list_rows(Promise, kind="arrival")
    assert promise.outcome == "kept"
    assert {e.state for e in await world.list_rows(Effect)} == {EffectState.DONE}


async def test_a_publication_that_nobody_names_is_learnt_from_the_partner_that_knows_it(world: World) -> None:
    await world.order("delivery", "faults", {**MISSING, "item": "hbr/2026-09"})
    unnamed = (
        "From: Matti Lukija <{0}>\nSubject: Lehti puuttuu\nMessage-ID: <7@example.com>\n\nUusin lehti ei ole tullut.\n"
    )
    await world.write(unnamed.format(MATTI))
    [case] = await world.get_cases()
    [fact] = await world.list_rows(Fact, case_id=case.id, key="publication")
    assert (fact.value, fact.source, fact.source_name) == ("hbr", "partner", "app_store")
    assert (await world.list_rows(Trace, case_id=case.id))[0].verdict["item"] == "hbr/2026-09"


async def test_the_customer_gets_one_message_labelled_automatic_that_names_the_owner(world: World) -> None:
    case = await play_september(world)
    owner = await get_owner(world, case)
    [caught] = [m.to_json() for m in world.catcher.mails]
    assert caught["headers"]["auto_submitted"] == "auto-replied"
    assert "automaattinen viesti" in caught["text"]
    assert owner.name in caught["text"]
    assert "http://luotsi.example/s/" in caught["text"]


async def test_the_desks_robot_is_answered_from_facts_and_the_customer_is_not_asked(world: World) -> None:
    await play_september(world)
    said = [(m.party, m.direction, m.text) for m in await world.list_rows(Message, party="publisher_desk")]
    [asked] = [text for _, direction, text in said if direction == "inbound"]
    answer = said[-1][2]
    assert "tarkista" in asked
    assert MATTI in answer
    assert "Zinio" in answer
    assert "answer_partner" in {d.rule for d in await world.list_rows(Decision)}


async def test_a_question_whose_answer_is_known_is_not_sent(world: World) -> None:
    case = await play_september(world)
    async with world.database.transaction() as session:
        owner = await get_owner(world, case)
        with pytest.raises(AlreadyKnown) as refused:
            await send_reply(
                session,
                world.outside.house,
                case.id,
                owner,
                "Millä sovelluksella luet?",
                ["app"],
                now=world.clock.now(),
            )
    assert refused.value.known == {"app": ["zinio"]}


async def test_two_months_later_nobody_has_to_explain_anything(world: World) -> None:
    september = await play_september(world)
    owner = await get_owner(world, september)
    async with world.database.transaction() as session:
        await solve(session, world.outside.house, september.id, owner, text="Valmista tuli.", now=world.clock.now())
    await world.pass_time(days=58)
    await world.order("delivery", "faults", {**MISSING, "item": "hbr/2026-11"})
    await world.write(mail(2, "marraskuun"))
    _, november = await world.get_cases()
    assert (november.owner_id, november.previous_id) == (september.owner_id, september.id)
    assert {"recurred", "call", "problem"} <= set(await list_kinds(world, november))
    assert await world.list_rows(Effect, case_id=november.id, kind="remedy") == []
    assert "syyskuu 2026" in world.catcher.mails[-1].to_json()["text"]
    [problem] = await world.list_rows(Problem)
    assert [c.problem_id for c in await world.get_cases()] == [problem.id, problem.id]


async def test_the_owner_puts_it_right_from_the_case(world: World) -> None:
    case = await play_september(world)
    owner = await get_owner(world, case)
    async with world.database.transaction() as session:
        await order_remedy(session, world.outside.house, case.id, owner, "redeliver", now=world.clock.now())
    await world.dispatcher.drain()
    assert [e.state for e in await world.list_rows(Effect, kind="remedy")] == [EffectState.DONE] * 2


async def test_a_double_click_orders_one_remedy(world: World) -> None:
    case = await play_september(world)
    owner = await get_owner(world, case)
    async with world.database.transaction() as session:
        await order_remedy(session, world.outside.house, case.id, owner, "redeliver", now=world.clock.now())
        with pytest.raises(Conflict, match="under way"):
            await order_remedy(session, world.outside.house, case.id, owner, "redeliver", now=world.clock.now())


async def test_a_wish_for_a_person_stops_the_automation_in_every_way_but_looking(world: World) -> None:
    await world.order("delivery", "faults", {**MISSING, "item": "hbr/2026-09"})
    await world.write(mail(1, "syyskuun", "Haluan asialle ihmisen."))
    [case] = await world.get_cases()
    assert case.stopped_why == "the customer asked for a person"
    assert (await last_verdict(world, case))["link"] == "delivered"
    assert await world.list_rows(Effect) == []


async def test_a_partner_that_is_down_is_unknown_and_found_out_when_it_is_back(world: World) -> None:
    await world.order("delivery", "faults", {"kind": "503"})
    await world.write(mail(1, "syyskuun"))
    [case] = await world.get_cases()
    verdict = await last_verdict(world, case)
    assert (verdict["state"], verdict["reason"]) == ("unknown", "down")
    await world.clear_faults("delivery")
    await world.pass_time(hours=1)
    assert (await last_verdict(world, case))["state"] == "whole"


@pytest.mark.parametrize(
    ("partner", "fault", "link", "reason"),
    [
        ("app_store", {"link": "entitled", "kind": "expired"}, "entitled", "expired"),
        ("app_store", {"link": "entitled", "kind": "payment_problem"}, "entitled", "payment_problem"),
        ("delivery", {"link": "published", "kind": "not_published"}, "published", "not_published"),
        ("delivery", {"link": "delivered", "kind": "revoked"}, "delivered", "revoked"),
        ("delivery", {"link": "delivered", "kind": "not_opened"}, "delivered", "not_opened"),
    ],
)
async def test_another_broken_link_gets_the_right_verdict(
    world: World, partner: str, fault: dict[str, str], link: str, reason: str
) -> None:
    await world.order(partner, "faults", {**fault, "item": "hbr/2026-09"})
    await world.write(mail(1, "syyskuun"))
    [case] = await world.get_cases()
    verdict = (await world.list_rows(Trace, case_id=case.id))[0].verdict
    assert (verdict["state"], verdict["link"], verdict["reason"]) == ("broken", link, reason)
