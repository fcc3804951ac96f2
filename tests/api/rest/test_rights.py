import httpx
import pytest

from api.auth.rights import RIGHTS, Right, check_right
from hub.clock import FixedClock
from hub.database import Database
from hub.errors import NotAllowed
from hub.tables import Case, Role
from hub.tokens import add_token

AGENT, SUPERVISOR, OPS = Role.AGENT, Role.SUPERVISOR, Role.OPS


async def as_role(browser: httpx.AsyncClient, database: Database, clock: FixedClock, role: Role) -> httpx.AsyncClient:
    async with database.transaction() as session:
        browser.headers["Authorization"] = f"Bearer {await add_token(session, role, 'test', clock.now())}"
    return browser


@pytest.mark.parametrize(
    ("role", "right", "may"),
    [
        (AGENT, Right.HANDLE_CASES, True),
        (AGENT, Right.LIFT, False),
        (SUPERVISOR, Right.LIFT, True),
        (OPS, Right.HANDLE_CASES, False),
        (OPS, Right.STOP, True),
    ],
)
def test_each_role_has_its_rights(role: Role, right: Right, may: bool) -> None:
    assert (right in RIGHTS[role]) is may


def test_everyone_may_stop_the_machine() -> None:
    assert all(Right.STOP in rights for rights in RIGHTS.values())


def test_what_is_not_allowed_says_what_it_is() -> None:
    with pytest.raises(NotAllowed, match="ops may not reply"):
        check_right(OPS, Right.HANDLE_CASES)


@pytest.mark.parametrize("path", ["/replies", "/remedies", "/requests", "/owner", "/solve", "/notes"])
async def test_ops_handle_no_case(
    browser: httpx.AsyncClient, database: Database, clock: FixedClock, case: Case, path: str
) -> None:
    ops = await as_role(browser, database, clock, OPS)
    answer = await ops.post(f"/api/v1/cases/{case.number}{path}", json={})
    assert (answer.status_code, answer.json()["type"]) == (403, "not-allowed")


async def test_an_agent_stops_but_does_not_lift(
    browser: httpx.AsyncClient, database: Database, clock: FixedClock
) -> None:
    agent = await as_role(browser, database, clock, AGENT)
    assert (await agent.post("/api/v1/automation/stop", json={"why": "it errs"})).json()["stopped"]
    assert (await agent.post("/api/v1/automation/lift", json={})).status_code == 403


@pytest.mark.parametrize("path", ["cases", "cases/1", "problems", "automation", "ops", "me", "people"])
@pytest.mark.parametrize("token", [None, "Bearer luotsi_made-up", "Bearer ", "Basic YTpi"])
async def test_nobody_sees_anything(browser: httpx.AsyncClient, path: str, token: str | None) -> None:
    answer = await browser.get(f"/api/v1/{path}", headers={"Authorization": token} if token else {})
    assert (answer.status_code, answer.json()["type"]) == (401, "not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"
