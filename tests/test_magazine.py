from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from hub.database import Database
from hub.tables import Effect, Entry, Trace
from tests.samples import add_person
from tests.world import World, make_world

SEPTEMBER = datetime(2026, 9, 15, 6, 0, tzinfo=UTC)
MAIL = """\
From: Matti Lukija <matti.lukija@example.com>
To: support@luotsi.example
Subject: HBR puuttuu
Date: Tue, 15 Sep 2026 09:00:00 +0300
Message-ID: <1@example.com>
Content-Type: text/plain; charset=utf-8

Hei, Harvard Business Review'n syyskuun numero ei ole ilmestynyt Zinioon.
Luen iPadilla, tunnus matti.lukija@example.com.
"""


@pytest_asyncio.fixture
async def world(committed: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", SEPTEMBER)
    async with make_world(committed, SEPTEMBER, tmp_path) as world:
        yield world


async def test_a_missing_copy_is_found_and_put_right(world: World) -> None:
    await world.order(
        "delivery",
        "faults",
        {"link": "delivered", "customer": "matti.lukija@example.com", "item": "hbr/2026-09", "kind": "no_licence"},
    )
    await world.write(MAIL)
    for t in await world.list_rows(Trace):
        print(t.at, t.verdict)
    for e in await world.list_rows(Effect):
        print(e.kind, e.state, e.trouble, e.payload.get("text", e.payload))
    await world.pass_time(seconds=10)
    await world.pass_time(seconds=60)
    for e in await world.list_rows(Entry):
        print(e.at, e.actor, e.kind, e.text)
    for t in await world.list_rows(Trace):
        print(t.at, t.verdict)
    assert 0
