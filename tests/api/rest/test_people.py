import httpx
import pytest

from hub.clock import FixedClock
from hub.database import Database
from hub.tables import Case
from tests.samples import add_person


async def test_a_script_learns_who_it_acts_as(agent: httpx.AsyncClient) -> None:
    me = (await agent.get("/api/v1/me")).json()
    assert (me["person"]["email"], me["role"]) == ("aino@luotsi.example", "agent")
    assert "handle_cases" in me["rights"]


async def test_going_absent_hands_the_cases_over(
    agent: httpx.AsyncClient, case: Case, database: Database, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        await add_person(session, "Onni", clock.now())
    assert not (await agent.put("/api/v1/me/presence", json={"present": False})).json()["person"]["present"]
    assert (await agent.get(f"/api/v1/cases/{case.number}")).json()["owner"]["name"] == "Onni"


@pytest.mark.usefixtures("case")
async def test_the_last_one_present_stays(agent: httpx.AsyncClient) -> None:
    answer = await agent.put("/api/v1/me/presence", json={"present": False})
    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")
    assert (await agent.get("/api/v1/me")).json()["person"]["present"]


async def test_the_staff_is_listed(agent: httpx.AsyncClient) -> None:
    assert [p["email"] for p in (await agent.get("/api/v1/people")).json()] == ["aino@luotsi.example"]
