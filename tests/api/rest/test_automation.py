import httpx
import pytest

from hub.automation import Rule, is_stopped, record_decision
from hub.clock import FixedClock
from hub.database import Database
from hub.tables import Case, Role
from hub.tokens import add_token


@pytest.fixture
async def supervisor(browser: httpx.AsyncClient, database: Database, clock: FixedClock) -> httpx.AsyncClient:
    async with database.transaction() as session:
        token = await add_token(session, Role.SUPERVISOR, "test", clock.now())
    browser.headers["Authorization"] = f"Bearer {token}"
    return browser


async def test_one_rule_is_stopped_and_lifted(supervisor: httpx.AsyncClient, database: Database) -> None:
    stopped = await supervisor.post("/api/v1/automation/stop", json={"rule": "remedy", "why": "it errs"})
    assert stopped.status_code == 201
    assert [(s["rule"], s["why"]) for s in stopped.json()["stops"]] == [("remedy", "it errs")]
    assert not stopped.json()["stopped"]
    async with database.transaction() as session:
        assert await is_stopped(session, Rule.REMEDY)
        assert not await is_stopped(session, Rule.REQUEST)
    assert (await supervisor.post("/api/v1/automation/lift", json={"rule": "remedy"})).json()["stops"] == []


async def test_all_is_stopped_by_naming_no_rule(supervisor: httpx.AsyncClient, database: Database) -> None:
    await supervisor.post("/api/v1/automation/stop", json={"rule": None, "why": "it errs"})
    assert (await supervisor.get("/api/v1/automation")).json()["stopped"]
    async with database.transaction() as session:
        assert all([await is_stopped(session, rule) for rule in Rule])


@pytest.mark.parametrize("body", [{"rule": "made-up", "why": "x"}, {"rule": "remedy"}, {"why": ""}])
async def test_a_stop_names_a_rule_and_a_reason(supervisor: httpx.AsyncClient, body: dict[str, str]) -> None:
    assert (await supervisor.post("/api/v1/automation/stop", json=body)).status_code == 422


async def test_a_decision_is_judged(
    supervisor: httpx.AsyncClient, database: Database, clock: FixedClock, case: Case
) -> None:
    async with database.transaction() as session:
        await record_decision(session, Rule.REMEDY, "redeliver", "no licence", now=clock.now(), case_id=case.id)
    [decision] = (await supervisor.get(f"/api/v1/cases/{case.number}")).json()["decisions"]
    judged = await supervisor.post(
        f"/api/v1/decisions/{decision['id']}/verdict", json={"verdict": "wrong", "note": "he had it already"}
    )
    assert (judged.json()["verdict"], judged.json()["verdict_note"]) == ("wrong", "he had it already")
    assert judged.json()["judge"] == "API (supervisor)"
    assert [d["verdict"] for d in (await supervisor.get("/api/v1/ops")).json()["decisions"]] == ["wrong"]


async def test_a_decision_that_was_not_made_cannot_be_judged(supervisor: httpx.AsyncClient) -> None:
    answer = await supervisor.post("/api/v1/decisions/1/verdict", json={"verdict": "right"})
    assert answer.status_code == 404
