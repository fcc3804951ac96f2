"""The flows' plain functions, over a database that the settings name; Prefect itself is tried in test_tracking."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from flows import scheduled
from flows.routines import ROUTINES
from hub.clock import SystemClock
from hub.database import Database
from hub.tables import Work
from tests.samples import add_case, add_failure, add_person


@pytest.fixture
def named(committed: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("LUOTSI_DATABASE_URL", committed.url)
    monkeypatch.setenv("LUOTSI_DATA_DIR", str(tmp_path))
    return committed


async def test_a_sweep_makes_every_round_due(named: Database) -> None:
    await scheduled.sweep.fn()
    async with named.transaction() as session:
        assert {f"routine:{name}" for name in ROUTINES} <= set(await session.scalars(sa.select(Work.key)))


async def test_without_a_feed_to_read_a_poll_finds_nothing(named: Database) -> None:
    assert set((await scheduled.poll_partners.fn()).values()) <= {0}


async def test_the_watches_tell_what_they_found(named: Database) -> None:
    now = SystemClock().now()
    async with named.transaction() as session:
        await add_person(session, "Kaisa", now)
        for number in range(3):
            await add_failure(session, await add_case(session, now, f"{number}@example.com"), now)
    assert len(await scheduled.watch_recurrence.fn()) == 1
    assert await scheduled.watch_promises.fn() == []


def test_every_flow_is_served_under_a_name_of_its_own() -> None:
    assert len({flow.name for flow in scheduled.FLOWS}) == 4
