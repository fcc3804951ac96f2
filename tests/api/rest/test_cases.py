from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from hub.clock import FixedClock
from hub.database import Database
from hub.tables import Case, Effect
from tests.samples import add_person


def at(case: Case, path: str = "") -> str:
    return f"/api/v1/cases/{case.number}{path}"


async def test_the_list_names_owner_and_verdict(agent: httpx.AsyncClient, case: Case) -> None:
    [row] = (await agent.get("/api/v1/cases")).json()["cases"]
    assert (row["number"], row["owner"]["name"], row["verdict"]["reason"]) == (case.number, "Aino", "no_licence")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"customer": "matti.lukija@example.com"}, 1),
        ({"customer": "nobody@example.com"}, 0),
        ({"status": "open"}, 1),
        ({"status": "solved"}, 0),
        ({"q": "zinio"}, 1),
        ({"owner": "me"}, 1),
        ({"owner": "nobody@luotsi.example"}, 0),
    ],
)
async def test_the_list_is_narrowed(agent: httpx.AsyncClient, case: Case, query: Any, found: int) -> None:
    assert len((await agent.get("/api/v1/cases", params=query)).json()["cases"]) == found


async def test_a_page_tells_where_the_next_begins(agent: httpx.AsyncClient, case: Case) -> None:
    page = (await agent.get("/api/v1/cases", params={"limit": 1})).json()
    assert page["after"] == case.number
    rest = (await agent.get("/api/v1/cases", params={"limit": 1, "after": page["after"]})).json()
    assert rest == {"cases": [], "after": None}


async def test_a_case_is_shown_whole(agent: httpx.AsyncClient, case: Case) -> None:
    shown = (await agent.get(at(case))).json()
    assert [(f["key"], f["value"], f["source"], f["source_name"]) for f in shown["facts"]] == [
        ("app", "zinio", "person", "Aino")
    ]
    assert shown["trace"]["sentence"]["en"].startswith("Harvard Business Review 2026-11 has been published")


async def test_a_reply_is_planned_once_as_the_caller(agent: httpx.AsyncClient, case: Case) -> None:
    answer = await agent.post(at(case, "/replies"), json={"text": "Lehti on nyt luettavissa."})
    assert answer.status_code == 201
    assert (answer.json()["author"], answer.json()["direction"]) == ("Aino", "outbound")
    again = await agent.post(at(case, "/replies"), json={"text": "Lehti on nyt luettavissa."})
    assert (again.status_code, again.json()["type"]) == (409, "conflict")


async def test_what_is_known_is_not_asked_again(agent: httpx.AsyncClient, case: Case, database: Database) -> None:
    answer = await agent.post(at(case, "/replies"), json={"text": "Kerrotko lisää.", "asks": ["app", "device"]})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "already-known",
        "title": "The text asks for what is already known",
        "status": 409,
        "detail": "already known: app",
        "instance": at(case, "/replies"),
        "known": {"app": ["zinio"]},
    }
    async with database.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Effect)) == 0


async def test_a_reason_lets_the_question_through(agent: httpx.AsyncClient, case: Case) -> None:
    reply = {"text": "Onko se yhä sama?", "asks": ["app"], "override": "he changed phones"}
    assert (await agent.post(at(case, "/replies"), json=reply)).status_code == 201
    entries = (await agent.get(at(case))).json()["entries"]
    assert "he changed phones" in next(e["text"] for e in entries if e["kind"] == "asked_twice")


async def test_a_remedy_is_ordered(agent: httpx.AsyncClient, case: Case) -> None:
    answer = await agent.post(at(case, "/remedies"), json={"kind": "redeliver"})
    assert answer.status_code == 201
    assert (answer.json()["remedy"], answer.json()["state"], answer.json()["party"]) == (
        "redeliver",
        "planned",
        "delivery",
    )


async def test_an_unknown_remedy_is_told_with_those_there_are(agent: httpx.AsyncClient, case: Case) -> None:
    answer = await agent.post(at(case, "/remedies"), json={"kind": "magic"})
    assert answer.status_code == 404
    assert "redeliver" in answer.json()["detail"]


async def test_a_desk_is_asked(agent: httpx.AsyncClient, case: Case) -> None:
    ask = {"partner": "publisher_desk", "text": "Miksi lisenssi jäi syntymättä?"}
    answer = await agent.post(at(case, "/requests"), json=ask)
    assert (answer.status_code, answer.json()["partner"]) == (201, "publisher_desk")


async def test_a_case_goes_to_a_present_colleague(
    agent: httpx.AsyncClient, case: Case, database: Database, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        await add_person(session, "Onni", clock.now())
    answer = await agent.post(at(case, "/owner"), json={"person": "onni@luotsi.example"})
    assert answer.json()["owner"]["name"] == "Onni"


async def test_a_case_does_not_go_to_one_who_is_away(
    agent: httpx.AsyncClient, case: Case, database: Database, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        await add_person(session, "Onni", clock.now(), present=False)
    answer = await agent.post(at(case, "/owner"), json={"person": "onni@luotsi.example"})
    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")


async def test_a_case_is_solved_once(agent: httpx.AsyncClient, case: Case) -> None:
    assert (await agent.post(at(case, "/solve"), json={"text": "Kaikki kunnossa."})).json()["status"] == "solved"
    assert (await agent.post(at(case, "/solve"), json={})).status_code == 409


async def test_a_note_is_on_the_timeline(agent: httpx.AsyncClient, case: Case) -> None:
    shown = (await agent.post(at(case, "/notes"), json={"text": "Soitti uudelleen."})).json()
    assert (shown["entries"][-1]["text"], shown["entries"][-1]["actor"]) == ("Soitti uudelleen.", "Aino")


@pytest.mark.parametrize("path", ["/replies", "/remedies", "/requests", "/owner", "/solve", "/notes"])
async def test_a_case_that_is_not_there_takes_nothing(agent: httpx.AsyncClient, path: str) -> None:
    body = {"text": "x", "kind": "redeliver", "partner": "p", "person": "aino@luotsi.example"}
    fields = {"/replies": ["text"], "/remedies": ["kind"], "/requests": ["partner", "text"], "/owner": ["person"]}
    given = {name: body[name] for name in fields.get(path, ["text"])}
    assert (await agent.post(f"/api/v1/cases/1{path}", json=given)).status_code == 404


async def test_what_cannot_be_used_is_told_with_where_and_why(agent: httpx.AsyncClient, case: Case) -> None:
    answer = await agent.post(at(case, "/replies"), json={"txt": "Hei"})
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid-input")
    assert [e["where"] for e in answer.json()["errors"]] == ["body.text", "body.txt"]
