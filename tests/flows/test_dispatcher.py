import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.database import Database
from hub.inbox import Arrival, store_mail
from hub.tables import RawMail
from tests.samples import add_person
from tests.world import World, make_world

MAIL = b"From: matti.lukija@example.com\r\nTo: support@luotsi.example\r\nSubject: HBR\r\n\r\nHBR puuttuu Ziniosta.\r\n"


@pytest.fixture
async def running(committed: Database, now: datetime, tmp_path: Path) -> AsyncIterator[World]:
    """The dispatcher runs by itself, as in a worker."""
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", now)
    async with make_world(committed, now, tmp_path) as world:
        life = asyncio.create_task(world.dispatcher.run())
        yield world
        life.cancel()
        with suppress(asyncio.CancelledError):
            await life


async def arrive(world: World) -> None:
    arrival = Arrival(
        channel="smtp", sender="matti.lukija@example.com", recipients=[], content=MAIL, received_at=world.clock.now()
    )
    async with world.database.transaction() as session:
        await store_mail(session, arrival)
    async with asyncio.timeout(20):
        while not all(raw.handled_at for raw in await world.list_rows(RawMail)):
            await asyncio.sleep(0.05)


async def cut(database: Database) -> None:
    async with database.transaction() as session:
        others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        await session.execute(sa.text(f"{others} and datname = current_database()"))


async def test_a_mail_is_taken_up_by_itself(running: World) -> None:
    await arrive(running)
    assert len(await running.get_cases()) == 1


async def test_it_goes_on_when_every_connection_was_cut(running: World) -> None:
    await arrive(running)
    await cut(running.database)
    await arrive(running)
    assert [raw.trouble for raw in await running.list_rows(RawMail)] == ["", "delivered before: the same mail"]
