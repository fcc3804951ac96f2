from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.sandbox.seed import load_seed
from flows.catalogue import join_publications, load_names
from hub.actors import Actor
from hub.database import Database
from hub.desk import send_reply
from hub.errors import Conflict
from hub.history import Imported, Outcome, import_mail, keep_unread
from hub.history_letters import Order, Written
from hub.history_threads import to_stem
from hub.house import House
from hub.inbox import Arrival, store_mail
from hub.ledger import list_facts, to_known
from hub.owners import Choice
from hub.playbooks import load_playbooks
from hub.tables import (
    Case,
    Decision,
    Effect,
    EffectKind,
    Entry,
    Fact,
    Failure,
    Message,
    Person,
    Promise,
    RawMail,
    Request,
    Role,
    Trace,
    Work,
)
from hub.understanding import understand_mail
from hub.views.case import get_case_view
from tests.hub.archive import MATTI, SUPPORT, mail
from tests.samples import add_person

SEPTEMBER = datetime(2026, 9, 15, 6, tzinfo=UTC)
KAISA = "kaisa@luotsi.example"


class Archive:
    def __init__(self, session: AsyncSession, order: Order, now: datetime) -> None:
        self.session, self.order, self.now = session, order, now

    async def bring(self, content: bytes) -> Imported:
        written = Written(content=content, sender="", at=SEPTEMBER)
        imported = await import_mail(self.session, written, self.order, now=self.now)
        await self.session.flush()
        return imported

    async def get_case(self, imported: Imported) -> Case:
        assert imported.case_id is not None
        return await self.session.get_one(Case, imported.case_id, populate_existing=True)

    async def count(self, table: Any) -> int:
        return await self.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    async def list(self, table: Any, **where: Any) -> list[Any]:
        return list(await self.session.scalars(sa.select(table).filter_by(**where).order_by(table.id)))


@pytest_asyncio.fixture
async def archive(database: Database, now: datetime) -> AsyncIterator[Archive]:
    house = House(
        support_address=SUPPORT,
        support_name="Luotsi",
        public_url="http://luotsi.example",
        secret="s" * 40,
        catalogue=join_publications(load_names(Path("config/catalogue.yaml")), load_seed().publications),
        playbooks=load_playbooks(Path("playbooks")),
    )
    async with database.transaction() as session:
        people = [await add_person(session, name, now) for name in ("Kaisa", "Otto")]
        staff = {p.email: Choice(person_id=p.id, name=p.name, why="wrote in it") for p in people}
        yield Archive(session, Order(house=house, source="old.mbox", staff=staff), now)


def answer(number: int, answered: int, **more: Any) -> bytes:
    at = more.pop("at", SEPTEMBER + timedelta(hours=5))
    return mail(number, at, subject="Vs: HBR puuttuu", In_Reply_To=f"<{answered}@old>", **more)


def from_kaisa(number: int, answered: int) -> bytes:
    return answer(number, answered, sender=KAISA, to=MATTI, body="Lisenssi puuttui; lehti on nyt siellä.")


async def test_a_mail_becomes_a_solved_case_at_its_own_date(archive: Archive) -> None:
    case = await archive.get_case(await archive.bring(mail(1, SEPTEMBER)))
    assert (case.opened_at, case.solved_at, case.imported) == (SEPTEMBER, SEPTEMBER, True)
    assert [m.at for m in await archive.list(Message, case_id=case.id)] == [SEPTEMBER]


async def test_facts_are_read_against_the_mails_date(archive: Archive) -> None:
    imported = await archive.bring(mail(1, SEPTEMBER, body="HBR:n tämän kuun numero ei näy Ziniossa."))
    known = to_known(await list_facts(archive.session, imported.case_id or 0))
    assert (known["issue"], known["app"]) == (["2026-09"], ["zinio"])


async def test_an_answer_joins_and_the_case_lasts_to_its_last_mail(archive: Archive) -> None:
    first = await archive.bring(mail(1, SEPTEMBER))
    second = await archive.bring(from_kaisa(2, 1))
    assert (second.outcome, second.case_id) == (Outcome.JOINED, first.case_id)
    case = await archive.get_case(first)
    assert (case.opened_at, case.solved_at) == (SEPTEMBER, SEPTEMBER + timedelta(hours=5))


async def test_mail_of_ours_is_outbound_and_its_writer_owns_the_case(archive: Archive) -> None:
    case = await archive.get_case(await archive.bring(mail(1, SEPTEMBER)))
    await archive.bring(from_kaisa(2, 1))
    said = [(m.direction, m.author_kind, m.author, m.party) for m in await archive.list(Message, case_id=case.id)]
    assert said[1] == ("outbound", "person", "Kaisa", "customer")
    assert (await archive.session.get_one(Person, case.owner_id)).name == "Kaisa"


async def test_an_answer_with_no_reference_joins_by_its_subject(archive: Archive) -> None:
    first = await archive.bring(mail(1, SEPTEMBER))
    second = await archive.bring(mail(2, SEPTEMBER + timedelta(days=2), subject="Re: hbr  puuttuu"))
    assert second.case_id == first.case_id


@pytest.mark.parametrize(
    ("subject", "days"),
    [("Re: HBR puuttuu", 45), ("HBR puuttuu", 2), ("Re: Laskusta", 2)],
    ids=["much later", "no answer", "another subject"],
)
async def test_what_is_no_answer_to_it_is_a_case_of_its_own(archive: Archive, subject: str, days: int) -> None:
    await archive.bring(mail(1, SEPTEMBER))
    second = await archive.bring(mail(2, SEPTEMBER + timedelta(days=days), subject=subject))
    assert second.outcome is Outcome.OPENED


@pytest.mark.parametrize(
    ("subject", "stem"),
    [("RE: Vs: Sv: Lehti", "lehti"), ("Lehti [#0abc]", "lehti"), ("Rest: x", "rest: x"), ("Re:", "")],
)
def test_the_stem_of_a_subject(subject: str, stem: str) -> None:
    assert to_stem(subject) == stem


async def test_the_same_mail_twice_has_one_effect(archive: Archive) -> None:
    await archive.bring(mail(1, SEPTEMBER))
    before = [await archive.count(table) for table in (RawMail, Message, Case, Entry, Fact)]
    assert (await archive.bring(b"Received: elsewhere\n" + mail(1, SEPTEMBER))).outcome is Outcome.KNOWN
    assert [await archive.count(table) for table in (RawMail, Message, Case, Entry, Fact)] == before


async def test_nothing_is_planned_promised_or_sent(archive: Archive) -> None:
    await archive.bring(mail(1, SEPTEMBER, body="Haluan asialle ihmisen. Missä HBR viipyy?"))
    await archive.bring(from_kaisa(2, 1))
    await archive.bring(mail(3, SEPTEMBER, Auto_Submitted="auto-replied"))
    tables = (Work, Effect, Promise, Request, Trace, Failure, Decision)
    assert {table.__name__: await archive.count(table) for table in tables} == dict.fromkeys(
        (table.__name__ for table in tables), 0
    )


async def plan_effect(archive: Archive, case: Case) -> None:
    effect = Effect(kind=EffectKind.MAIL, key="k", case_id=case.id, created_at=archive.now, due_at=archive.now)
    async with archive.session.begin_nested():
        archive.session.add(effect)


async def test_an_imported_case_can_have_no_effect(archive: Archive) -> None:
    case = await archive.get_case(await archive.bring(mail(1, SEPTEMBER)))
    with pytest.raises(IntegrityError, match="nothing goes out of history"):
        await plan_effect(archive, case)


async def test_a_reply_by_hand_to_history_is_refused_in_plain_words(archive: Archive) -> None:
    case = await archive.get_case(await archive.bring(mail(1, SEPTEMBER)))
    kaisa = Actor(person_id=case.owner_id, name="Kaisa", role=Role.AGENT)
    with pytest.raises(Conflict, match="this case was imported"):
        await send_reply(archive.session, archive.order.house, case.id, kaisa, "Hei!", now=archive.now)


async def test_a_reopened_case_is_history_no_more(archive: Archive) -> None:
    case = await archive.get_case(await archive.bring(mail(1, SEPTEMBER)))
    case.solved_at = None
    await plan_effect(archive, case)
    assert await archive.count(Effect) == 1


async def test_a_machines_mail_joins_what_it_is_about_and_tells_no_fact(archive: Archive) -> None:
    first = await archive.bring(mail(1, SEPTEMBER))
    away = await archive.bring(answer(2, 1, Auto_Submitted="auto-replied", body="Olen lomalla. HBR puuttuu."))
    assert away.case_id == first.case_id
    [_, message] = await archive.list(Message, case_id=first.case_id)
    assert message.kind == "auto_reply"
    assert await archive.list(Fact, message_id=message.id) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (mail(1, SEPTEMBER, Auto_Submitted="auto-generated"), "written by a machine (robot)"),
        (mail(1, SEPTEMBER, sender=""), "whom it is from"),
        (mail(1, SEPTEMBER, sender=SUPPORT, to=KAISA), "whom it went to"),
    ],
)
async def test_a_mail_without_a_place_is_kept_and_says_why(archive: Archive, content: bytes, why: str) -> None:
    imported = await archive.bring(content)
    assert (imported.outcome, why in imported.why) == (Outcome.UNPLACED, True)
    [raw] = await archive.list(RawMail)
    assert (raw.channel, raw.content, raw.handled_at, raw.trouble) == ("import", content, archive.now, imported.why)
    assert (await archive.bring(content)).outcome is Outcome.KNOWN


async def test_what_cannot_be_read_is_kept_once(archive: Archive) -> None:
    written = Written(content=b"\x00half", sender="", at=SEPTEMBER)
    outcomes = [(await keep_unread(archive.session, written, "torn", now=archive.now)).outcome for _ in range(2)]
    assert outcomes == [Outcome.UNPLACED, Outcome.KNOWN]


async def test_a_partner_in_the_talk_is_not_taken_for_the_customer(archive: Archive) -> None:
    first = await archive.bring(mail(1, SEPTEMBER))
    desk = "desk@publisher.example"
    await archive.bring(answer(2, 1, sender=KAISA, to=desk, body="Miksi lisenssi puuttui?"))
    told = await archive.bring(answer(3, 2, sender=desk, body="Lukijan laite on Kindle."))
    assert told.case_id == first.case_id
    said = [(m.author_kind, m.party) for m in await archive.list(Message, case_id=first.case_id)]
    assert said[1:] == [("person", desk), ("partner", desk)]
    assert "kindle" not in to_known(await list_facts(archive.session, first.case_id or 0)).get("device", [])


async def test_two_customers_who_answer_one_mail_have_each_a_case(archive: Archive) -> None:
    both = f"{MATTI}, liisa@example.net"
    first = await archive.bring(mail(1, SEPTEMBER, sender=SUPPORT, to=both, subject="Katko"))
    second = await archive.bring(answer(2, 1, sender="Liisa <liisa@example.net>"))
    assert first.case_id != second.case_id


async def test_an_address_that_was_ours_is_ours(archive: Archive) -> None:
    archive.order = Order(house=archive.order.house, source="old", ours=frozenset({"help@old.example"}))
    await archive.bring(mail(1, SEPTEMBER, sender="help@old.example", to=MATTI))
    [message] = await archive.list(Message)
    assert (message.direction, message.author_kind) == ("outbound", "person")


async def test_the_given_owner_owns_it(archive: Archive) -> None:
    otto = archive.order.staff["otto@luotsi.example"]
    archive.order = Order(archive.order.house, "old", staff=archive.order.staff, owner=otto)
    case = await archive.get_case(await archive.bring(mail(1, SEPTEMBER)))
    await archive.bring(from_kaisa(2, 1))
    assert (await archive.get_case(Imported(outcome=Outcome.JOINED, case_id=case.id))).owner_id == otto.person_id


async def test_history_is_shared_out_among_those_present(archive: Archive) -> None:
    for number in range(4):
        await archive.bring(mail(number, SEPTEMBER, sender=f"c{number}@example.com"))
    assert sorted(c.owner_id for c in await archive.list(Case)) == sorted(
        2 * [choice.person_id for choice in archive.order.staff.values()]
    )


async def test_a_date_to_come_is_no_date_of_history(archive: Archive) -> None:
    case = await archive.get_case(await archive.bring(mail(1, archive.now + timedelta(days=900))))
    assert case.opened_at == archive.now


async def write_today(archive: Archive, body: str) -> Case:
    content = mail(99, archive.now, subject="Lehti puuttuu", body=body)
    arrival = Arrival(channel="smtp", sender=MATTI, recipients=[SUPPORT], content=content, received_at=archive.now)
    raw_id = await store_mail(archive.session, arrival)
    case_id = await understand_mail(archive.session, raw_id, archive.order.house, now=archive.now)
    await archive.session.flush()
    return await archive.session.get_one(Case, case_id)


async def test_a_later_mail_sees_the_earlier_case_and_that_it_happened_before(archive: Archive) -> None:
    earlier = await archive.get_case(await archive.bring(mail(1, SEPTEMBER)))
    await archive.bring(from_kaisa(2, 1))
    today = await write_today(archive, "HBR:n marraskuun numero ei näy Ziniossa.")
    view = await get_case_view(archive.session, today.number, archive.order.house, archive.now)
    assert [(e.number, e.ended) for e in view.earlier_cases] == [
        (earlier.number, "Lisenssi puuttui; lehti on nyt siellä.")
    ]
    assert [(f.value, f.source_name) for f in view.facts if f.key == "happened_before"] == [
        ("2026-09", f"case {earlier.number}")
    ]
    assert (today.previous_id, today.owner_id) == (earlier.id, earlier.owner_id)


async def test_what_the_customer_says_of_it_holds(archive: Archive) -> None:
    await archive.bring(mail(1, SEPTEMBER))
    today = await write_today(archive, "HBR:n marraskuun numero ei näy Ziniossa. Sama vika oli elokuussa 2026.")
    assert to_known(await list_facts(archive.session, today.id))["happened_before"] == ["2026-08"]


async def test_another_matter_did_not_happen_before(archive: Archive) -> None:
    await archive.bring(mail(1, SEPTEMBER))
    today = await write_today(archive, "Tivin marraskuun numero ei näy Ziniossa.")
    assert (today.previous_id, "happened_before" in to_known(await list_facts(archive.session, today.id))) == (
        None,
        False,
    )
