import httpx
import pytest

from hub.clock import FixedClock
from hub.database import Database
from hub.problems import open_or_join
from hub.tables import Case
from tests.api.rest.conftest import BROKEN


@pytest.fixture
async def problem(database: Database, clock: FixedClock, case: Case) -> int:
    async with database.transaction() as session:
        return (await open_or_join(session, case, BROKEN, [], "2 in 30 days", now=clock.now())).number


async def test_a_problem_is_listed_with_its_cases(agent: httpx.AsyncClient, problem: int, case: Case) -> None:
    [row] = (await agent.get("/api/v1/problems", params={"open": True})).json()
    assert (row["number"], row["reason"], row["case_count"]) == (problem, "no_licence", 1)
    shown = (await agent.get(f"/api/v1/problems/{problem}")).json()
    assert [c["number"] for c in shown["cases"]] == [case.number]


async def test_its_cause_reaches_the_case(agent: httpx.AsyncClient, problem: int, case: Case) -> None:
    change = {"take": True, "cause": "the export job stopped", "fixed": True}
    changed = (await agent.patch(f"/api/v1/problems/{problem}", json=change)).json()
    assert changed["cause"] == "the export job stopped"
    assert changed["fixed_at"] is not None
    entries = (await agent.get(f"/api/v1/cases/{case.number}")).json()["entries"]
    assert any("the export job stopped" in e["text"] for e in entries)


async def test_it_is_not_fixed_without_a_cause(agent: httpx.AsyncClient, problem: int) -> None:
    answer = await agent.patch(f"/api/v1/problems/{problem}", json={"take": True, "fixed": True})
    assert answer.status_code == 409


async def test_it_closes_only_after_a_fix(agent: httpx.AsyncClient, problem: int) -> None:
    early = await agent.patch(f"/api/v1/problems/{problem}", json={"proof": "three deliveries"})
    assert early.status_code == 409
    closed = {"cause": "the export job stopped", "fixed": True, "proof": "three deliveries"}
    assert (await agent.patch(f"/api/v1/problems/{problem}", json=closed)).json()["closed_at"] is not None


async def test_a_problem_that_is_not_there(agent: httpx.AsyncClient) -> None:
    assert (await agent.get("/api/v1/problems/1")).status_code == 404
