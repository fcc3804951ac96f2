from __future__ import annotations

import asyncio

import httpx
import pytest
import sqlalchemy as sa

from api.live import Changes, listening, to_events
from hub.database import Database, tell_changed

READY, CHANGED, BEAT = "retry: 1000\nevent: ready\ndata:\n\n", "event: changed\ndata:\n\n", ": still here\n\n"


async def tell(database: Database, case_id: int) -> None:
    async with database.transaction() as session:
        await tell_changed(session, case_id)


async def test_a_page_hears_of_its_case_only(committed: Database) -> None:
    changes = Changes(committed.url)
    async with listening(changes):
        await asyncio.wait_for(changes.listening.wait(), 5)
        with changes.watch(7) as mine, changes.watch(8) as other, changes.watch(None) as list_page:
            await tell(committed, 7)
            assert await mine.wait(5)
            assert await list_page.wait(1)
            assert not await other.wait(0.3)


async def test_after_a_lost_connection_everyone_is_told(committed: Database) -> None:
    changes = Changes(committed.url)
    async with listening(changes):
        await asyncio.wait_for(changes.listening.wait(), 5)
        with changes.watch(7) as page:
            await cut_listeners(committed)
            assert await page.wait(10)
            await tell(committed, 7)
            assert await page.wait(5)


async def cut_listeners(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(
            sa.text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%'"
            )
        )


async def test_the_stream_says_ready_then_changed_and_keeps_beating() -> None:
    changes = Changes("postgresql+asyncpg://nowhere")
    events = to_events(changes, 7, beat=0.05)
    assert await anext(events) == READY
    assert await anext(events) == BEAT
    changes._tell(7)
    assert await anext(events) == CHANGED
    await events.aclose()


async def test_a_stream_ends_so_that_rights_are_looked_at_again() -> None:
    events = [event async for event in to_events(Changes("postgresql+asyncpg://nowhere"), None, beat=0.001)]
    assert events == [READY, *[BEAT] * 20]


async def test_before_a_stop_every_stream_ends() -> None:
    changes = Changes("postgresql+asyncpg://nowhere")
    events = to_events(changes, None)
    assert await anext(events) == READY
    changes.close()
    assert [event async for event in events] == []


@pytest.mark.parametrize("path", ["/live", "/live?case=10001"])
async def test_nobody_listens_in(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 401


async def test_a_case_that_is_not_there_has_no_stream(agent: httpx.AsyncClient) -> None:
    assert (await agent.get("/live", params={"case": 1})).status_code == 404
