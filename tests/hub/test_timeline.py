import asyncio
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.database import CHANGED, Database, Listener
from hub.tables import ActorKind, Case, Entry
from hub.timeline import AUTOMATION, has_entry, record_entry
from tests.samples import add_case, add_person

KAISA = (ActorKind.PERSON, "Kaisa")


async def test_an_entry_says_who_did_what_when_and_why(database: Database, case: Case, now: datetime) -> None:
    async with database.transaction() as session:
        await record_entry(session, case.id, KAISA, "note", "called him", now=now, phone=True)
        entry = (await session.scalars(sa.select(Entry).order_by(sa.desc("id")).limit(1))).one()
    assert (entry.actor_kind, entry.actor, entry.kind) == (ActorKind.PERSON, "Kaisa", "note")
    assert (entry.text, entry.at, entry.data) == ("called him", now, {"phone": True})


@pytest.mark.parametrize(
    ("kind", "text", "there"),
    [("call", None, True), ("call", "recurred", True), ("call", "arrived", False), ("note", None, False)],
)
async def test_what_was_told_already_is_found(
    database: Database, case: Case, now: datetime, kind: str, text: str | None, there: bool
) -> None:
    async with database.transaction() as session:
        await record_entry(session, case.id, AUTOMATION, "call", "recurred", now=now)
        assert await has_entry(session, case.id, kind, text) is there


@pytest.mark.parametrize("change", [sa.delete(Entry), sa.update(Entry).values(actor="nobody")])
async def test_what_happened_stays_told(database: Database, case: Case, change: sa.Executable) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(change)


async def test_pages_that_show_the_case_are_woken(committed: Database, now: datetime) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(Listener(committed.url, CHANGED, heard.put_nowait).run())
    assert await heard.get() == ""
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", now)
        case = await add_case(session, now)
    assert await heard.get() == str(case.id)
    listening.cancel()
