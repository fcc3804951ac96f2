from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from connectors.sandbox.publisher_desk import make_publisher_desk_sandbox, publisher_desk_credentials
from connectors.sandbox.publisher_desk_push import sign
from connectors.sandbox.publisher_desk_robot import find_language
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock

NEW = {"ticket": {"subject": "HBR", "comment": {"body": "It is not here."}, "external_id": "luotsi-1"}}


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))


@pytest.fixture
def app(clock: ShiftedClock) -> FastAPI:
    return make_publisher_desk_sandbox(load_seed(), clock)


@pytest.fixture
async def desk(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    known = publisher_desk_credentials(app)
    auth = (f"{known['email']}/token", known["api_token"])
    async with httpx.AsyncClient(base_url="http://desk/", auth=auth, transport=SandboxTransport(app)) as client:
        yield client


async def open_ticket(desk: httpx.AsyncClient, key: str | None = None, **fields: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await desk.post("/api/v2/tickets.json", json={"ticket": {**NEW["ticket"], **fields}}, headers=headers)


async def test_a_ticket_is_made_where_location_says(desk: httpx.AsyncClient) -> None:
    made = await open_ticket(desk)
    seen = await desk.get(made.headers["Location"])
    assert (made.status_code, seen.json()["ticket"]["external_id"]) == (201, "luotsi-1")


@pytest.mark.parametrize("path", ["/api/v2/tickets/1", "/api/v2/tickets/1.json"])
async def test_paths_are_known_with_and_without_json(desk: httpx.AsyncClient, path: str) -> None:
    await open_ticket(desk)
    assert (await desk.get(path)).json()["ticket"]["id"] == 1


async def test_a_key_used_again_answers_the_same_ticket(desk: httpx.AsyncClient) -> None:
    first, second = await open_ticket(desk, "k"), await open_ticket(desk, "k")
    assert first.json()["ticket"]["id"] == second.json()["ticket"]["id"]
    assert [a.headers["x-idempotency-lookup"] for a in (first, second)] == ["miss", "hit"]


async def test_a_key_used_for_something_else_is_an_error(desk: httpx.AsyncClient) -> None:
    await open_ticket(desk, "k")
    answer = await open_ticket(desk, "k", subject="Fortune")
    assert (answer.status_code, answer.json()["error"]) == (400, "IdempotentRequestError")


async def test_a_key_is_forgotten_after_two_hours(desk: httpx.AsyncClient, clock: ShiftedClock) -> None:
    await open_ticket(desk, "k")
    clock.advance(timedelta(hours=2, seconds=1))
    assert (await open_ticket(desk, "k")).headers["x-idempotency-lookup"] == "miss"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"comment": {"body": " "}}, "base"),
        ({"status": "awaiting"}, "status"),
        ({"priority": "huge"}, "priority"),
        ({"tags": "one"}, "tags"),
        ({"requester": {"email": "new@example.com"}}, "requester"),
        ({"requester": {"name": "New", "email": "no address"}}, "requester"),
        ({"requester_id": 1}, "requester"),
    ],
)
async def test_what_zendesk_would_not_take_is_not_taken(
    desk: httpx.AsyncClient, fields: dict[str, Any], field: str
) -> None:
    answer = await open_ticket(desk, **fields)
    assert (answer.status_code, answer.json()["error"], list(answer.json()["details"])) == (
        422,
        "RecordInvalid",
        [field],
    )


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"ticket": "x"}'])
async def test_a_body_without_a_ticket_is_a_bad_request(desk: httpx.AsyncClient, body: bytes) -> None:
    assert (await desk.post("/api/v2/tickets", content=body)).status_code == 400


@pytest.mark.parametrize("path", ["tickets/404", "users/404", "tickets/404/comments"])
async def test_what_is_not_there_is_record_not_found(desk: httpx.AsyncClient, path: str) -> None:
    answer = await desk.get(f"/api/v2/{path}")
    assert (answer.status_code, answer.json()["error"]) == (404, "RecordNotFound")


@pytest.mark.parametrize("path", ["tickets", "search?query=x", "users", "webhooks", "incremental/tickets/cursor"])
async def test_without_the_token_only_401(app: FastAPI, path: str) -> None:
    async with httpx.AsyncClient(base_url="http://desk", transport=SandboxTransport(app)) as stranger:
        assert (await stranger.get(f"/api/v2/{path}")).status_code == 401


async def test_a_stranger_who_asks_who_he_is_is_anonymous(app: FastAPI) -> None:
    async with httpx.AsyncClient(base_url="http://desk", transport=SandboxTransport(app)) as stranger:
        answer = await stranger.get("/api/v2/users/me")
    assert (answer.status_code, answer.json()["user"]["id"]) == (200, None)


async def test_a_safe_update_of_an_older_state_conflicts(desk: httpx.AsyncClient) -> None:
    await open_ticket(desk)
    change = {"status": "open", "safe_update": True, "updated_stamp": "2026-11-20T08:00:00Z"}
    answer = await desk.put("/api/v2/tickets/1", json={"ticket": change})
    assert (answer.status_code, answer.json()["error"]) == (409, "UpdateConflict")


async def test_metadata_is_kept_in_the_audit(desk: httpx.AsyncClient) -> None:
    await open_ticket(desk)
    await desk.put("/api/v2/tickets/1", json={"ticket": {"metadata": {"luotsi_key": "k"}, "status": "open"}})
    audits = (await desk.get("/api/v2/tickets/1/audits")).json()["audits"]
    assert audits[-1]["metadata"]["custom"] == {"luotsi_key": "k"}


async def test_a_deleted_ticket_is_gone_but_seen_in_the_export(desk: httpx.AsyncClient) -> None:
    await open_ticket(desk)
    gone = await desk.delete("/api/v2/tickets/1")
    export = (await desk.get("/api/v2/incremental/tickets/cursor", params={"start_time": 0})).json()
    assert (gone.status_code, (await desk.get("/api/v2/tickets/1")).status_code) == (204, 404)
    assert [t["status"] for t in export["tickets"]] == ["deleted"]


async def test_the_export_takes_no_start_within_the_last_minute(desk: httpx.AsyncClient, clock: ShiftedClock) -> None:
    start = int(clock.now().timestamp()) - 30
    assert (await desk.get("/api/v2/incremental/tickets/cursor", params={"start_time": start})).status_code == 422


@pytest.mark.parametrize("query", ["type:ticket external_id:luotsi-1", "type:ticket HBR", 'type:ticket "not here"'])
async def test_search_finds_tickets(desk: httpx.AsyncClient, query: str) -> None:
    await open_ticket(desk)
    await open_ticket(desk, external_id="luotsi-2", subject="x", comment={"body": "y"})
    found = (await desk.get("/api/v2/search.json", params={"query": query})).json()
    assert [(row["result_type"], row["id"]) for row in found["results"]] == [("ticket", 1)]


async def test_lists_are_paged_by_cursor_and_by_number(desk: httpx.AsyncClient) -> None:
    for number in range(3):
        await open_ticket(desk, external_id=f"luotsi-{number}")
    by_cursor = (await desk.get("/api/v2/tickets", params={"page[size]": 2})).json()
    by_number = (await desk.get("/api/v2/tickets", params={"per_page": 2})).json()
    rest = [(await desk.get(url)).json()["tickets"] for url in (by_cursor["links"]["next"], by_number["next_page"])]
    assert [[t["id"] for t in tickets] for tickets in rest] == [[3], [3]]


async def test_a_user_is_made_once_and_then_updated(desk: httpx.AsyncClient) -> None:
    user = {"name": "New", "email": "new@example.com"}
    first = await desk.post("/api/v2/users/create_or_update", json={"user": user})
    second = await desk.post("/api/v2/users/create_or_update", json={"user": {**user, "name": "Renamed"}})
    assert [(a.status_code, a.json()["user"]["name"]) for a in (first, second)] == [(201, "New"), (200, "Renamed")]


async def test_the_rate_limit_is_told_with_each_answer_and_kept(desk: httpx.AsyncClient) -> None:
    left = [int((await desk.get("/api/v2/users/me")).headers["X-Rate-Limit-Remaining"]) for _ in range(2)]
    for _ in range(left[1]):
        await desk.get("/api/v2/none")
    limited = await desk.get("/api/v2/users/me")
    assert left == [699, 698]
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "2")


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        ("Lehti ei ole tullut, ja asiakas odottaa.", "fi", "sähköpostiosoite"),
        ("Tidningen har inte kommit och kunden väntar.", "sv", "e-postadressen"),
        ("The magazine has not come.", "en", "e-mail address"),
    ],
)
async def test_the_robot_asks_in_the_language_of_the_ticket(
    desk: httpx.AsyncClient, text: str, language: str, word: str
) -> None:
    await open_ticket(desk, subject="?", comment={"body": text})
    comments = (await desk.get("/api/v2/tickets/1/comments")).json()["comments"]
    assert (find_language(text), word in comments[1]["body"]) == (language, True)


async def test_the_robot_can_be_silenced(desk: httpx.AsyncClient) -> None:
    await desk.post("/_sandbox/robot", json={"on": False})
    await open_ticket(desk)
    ticket = (await desk.get("/api/v2/tickets/1")).json()["ticket"]
    assert (ticket["status"], len((await desk.get("/api/v2/tickets/1/comments")).json()["comments"])) == ("new", 1)


async def test_the_robot_says_what_it_is_told_to_say(desk: httpx.AsyncClient) -> None:
    await desk.post("/_sandbox/robot", json={"on": True, "text": "Have you tried again?"})
    await open_ticket(desk)
    state = (await desk.get("/_sandbox/state")).json()
    assert [(c["author"], c["body"]) for c in state["tickets"]["1"]["comments"]][1:] == [
        ("Megan", "Have you tried again?")
    ]


async def test_an_answer_by_the_publishers_people_is_theirs(desk: httpx.AsyncClient) -> None:
    await open_ticket(desk)
    order = {"body": "Fixed.", "author": "Sanna", "status": "solved"}
    ticket = (await desk.post("/_sandbox/tickets/1/comments", json=order)).json()
    assert (ticket["status"], ticket["comments"][-1]["author"]) == ("solved", "Sanna")


async def test_an_answer_on_a_ticket_that_is_not_there_is_404(desk: httpx.AsyncClient) -> None:
    assert (await desk.post("/_sandbox/tickets/9/comments", json={"body": "x"})).status_code == 404


async def test_all_is_there_after_a_restart(tmp_path: Path, clock: ShiftedClock) -> None:
    path = tmp_path / "desk.json"
    first = make_publisher_desk_sandbox(load_seed(), clock, path)
    known = publisher_desk_credentials(first)
    auth = (f"{known['email']}/token", known["api_token"])
    async with httpx.AsyncClient(base_url="http://desk", auth=auth, transport=SandboxTransport(first)) as desk:
        await open_ticket(desk, "k")
    second = make_publisher_desk_sandbox(load_seed(), clock, path)
    async with httpx.AsyncClient(base_url="http://desk", auth=auth, transport=SandboxTransport(second)) as desk:
        again = await open_ticket(desk, "k")
    assert publisher_desk_credentials(second) == known
    assert (again.json()["ticket"]["id"], again.headers["x-idempotency-lookup"]) == (1, "hit")


@pytest.fixture
def door(app: FastAPI) -> FastAPI:
    """The hub's door: answers what stands in `app.state.answers`, then 200, and keeps what came."""
    door = FastAPI()
    door.state.came, door.state.answers = [], []

    @door.post("/hook")
    async def take(request: Request) -> Response:
        door.state.came.append((request.headers, await request.body()))
        return door.state.answers.pop(0) if door.state.answers else Response()

    app.state.pusher.transport = httpx.ASGITransport(door)
    return door


HOOK = {
    "name": "Luotsi",
    "endpoint": "http://hub/hook",
    "http_method": "POST",
    "request_format": "json",
    "status": "active",
    "subscriptions": ["zen:event-type:ticket.comment_added"],
}


async def test_a_push_is_signed_with_the_secret_that_is_shown(
    desk: httpx.AsyncClient, app: FastAPI, door: FastAPI
) -> None:
    hook = (await desk.post("/api/v2/webhooks", json={"webhook": HOOK})).json()["webhook"]
    secret = (await desk.get(f"/api/v2/webhooks/{hook['id']}/signing_secret")).json()["signing_secret"]["secret"]
    await open_ticket(desk)
    await app.state.pusher.settle()
    [(headers, raw)] = door.state.came
    stamp = headers["X-Zendesk-Webhook-Signature-Timestamp"]
    assert headers["X-Zendesk-Webhook-Signature"] == sign(secret, stamp, raw)


def test_the_published_vector_is_signed_the_same() -> None:
    signed = sign(
        "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "2021-03-25T05:09:27Z", b'{"event":"ticket.updated","id":123}'
    )
    assert signed == "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="


async def test_what_the_hub_does_itself_is_not_pushed(desk: httpx.AsyncClient, app: FastAPI, door: FastAPI) -> None:
    await desk.post("/_sandbox/robot", json={"on": False})
    await desk.post("/api/v2/webhooks", json={"webhook": HOOK})
    await open_ticket(desk)
    await app.state.pusher.settle()
    assert door.state.came == []


@pytest.mark.parametrize(
    ("answers", "tries", "status"),
    [
        ([Response(status_code=409)], 2, "success"),
        ([Response(status_code=409)] * 5, 3, "failed"),
        ([Response(status_code=500)], 1, "failed"),
        ([Response(status_code=503)], 1, "failed"),
        ([Response(status_code=503, headers={"Retry-After": "0"})], 2, "success"),
        ([Response(status_code=429, headers={"Retry-After": "60"})], 1, "failed"),
    ],
)
async def test_a_push_is_tried_again_where_zendesk_would(
    desk: httpx.AsyncClient, app: FastAPI, door: FastAPI, answers: list[Response], tries: int, status: str
) -> None:
    hook = (await desk.post("/api/v2/webhooks", json={"webhook": HOOK})).json()["webhook"]
    door.state.answers = list(answers)
    await open_ticket(desk)
    await app.state.pusher.settle()
    [invocation] = (await desk.get(f"/api/v2/webhooks/{hook['id']}/invocations")).json()["invocations"]
    assert (len(door.state.came), invocation["status"]) == (tries, status)


@pytest.mark.parametrize("wrong", [{"endpoint": "hub"}, {"http_method": "SEND"}, {"name": ""}, {"status": "on"}])
async def test_a_webhook_that_zendesk_would_not_take_is_not_taken(
    desk: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    assert (await desk.post("/api/v2/webhooks", json={"webhook": {**HOOK, **wrong}})).status_code == 422


async def test_a_webhook_that_is_not_there_is_told_in_their_other_way(desk: httpx.AsyncClient) -> None:
    answer = await desk.get("/api/v2/webhooks/none")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "WebhookNotFound")
