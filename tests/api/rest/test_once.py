from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa

from api.rest.once import KEPT
from hub.clock import FixedClock
from hub.database import Database
from hub.tables import AnsweredCall, Case, Effect

REMEDY = {"kind": "redeliver"}


async def order(agent: httpx.AsyncClient, case: Case, key: str, kind: str = "redeliver") -> httpx.Response:
    path = f"/api/v1/cases/{case.number}/remedies"
    return await agent.post(path, json={"kind": kind}, headers={"Idempotency-Key": key})


async def count(database: Database, table: type = Effect) -> int:
    async with database.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


async def test_a_call_made_again_is_answered_as_before(
    agent: httpx.AsyncClient, case: Case, database: Database
) -> None:
    first, again = await order(agent, case, "a"), await order(agent, case, "a")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert await count(database) == 1


async def test_another_key_is_another_call(
    agent: httpx.AsyncClient, case: Case, database: Database, clock: FixedClock
) -> None:
    await agent.post(f"/api/v1/cases/{case.number}/notes", json={"text": "x"}, headers={"Idempotency-Key": "a"})
    await agent.post(f"/api/v1/cases/{case.number}/notes", json={"text": "x"}, headers={"Idempotency-Key": "b"})
    entries = (await agent.get(f"/api/v1/cases/{case.number}")).json()["entries"]
    assert [e["kind"] for e in entries].count("note") == 2


async def test_a_key_does_not_serve_two_calls(agent: httpx.AsyncClient, case: Case) -> None:
    await order(agent, case, "a")
    assert (await order(agent, case, "a", "extend")).status_code == 422


async def test_a_call_that_failed_may_be_made_again(agent: httpx.AsyncClient, case: Case, database: Database) -> None:
    assert (await order(agent, case, "a", "magic")).status_code == 404
    assert await count(database, AnsweredCall) == 0
    assert (await order(agent, case, "a")).status_code == 201


async def test_an_answer_that_was_lost_is_not_made_up(agent: httpx.AsyncClient, case: Case, database: Database) -> None:
    await order(agent, case, "a")
    async with database.transaction() as session:
        await session.execute(sa.update(AnsweredCall).values(status=None))
    assert (await order(agent, case, "a")).status_code == 409
    assert await count(database) == 1


async def test_a_key_is_kept_for_a_day(
    agent: httpx.AsyncClient, case: Case, database: Database, clock: FixedClock
) -> None:
    await order(agent, case, "a")
    clock.advance(KEPT * 2)
    await order(agent, case, "b")
    assert await count(database, AnsweredCall) == 1


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_has_a_size(agent: httpx.AsyncClient, case: Case, key: str) -> None:
    assert (await order(agent, case, key)).status_code == 422
