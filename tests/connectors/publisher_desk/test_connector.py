from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from connectors.publisher_desk.connector import PublisherDeskConnector
from connectors.sandbox.publisher_desk_push import sign
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock
from hub.errors import ContractBroken, Refused, Rejected, RetryLater
from hub.ports import Event, EventKind, RequestDraft, RequestStatus

SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
Draft = Callable[..., RequestDraft]


def tickets(app: FastAPI) -> dict[int, Any]:
    found: dict[int, Any] = app.state.store.state.tickets
    return found


async def test_the_robots_question_is_seen_as_a_request_that_waits_for_us(
    connector: PublisherDeskConnector, draft: Draft
) -> None:
    state = await connector.open_request(draft())
    asked = state.comments[-1]
    assert state.status is RequestStatus.PENDING
    assert (asked.author, asked.ours, "e-mail address is right" in asked.text) == ("Megan", False, True)


async def test_our_own_words_are_ours(connector: PublisherDeskConnector, draft: Draft) -> None:
    state = await connector.open_request(draft())
    assert (state.comments[0].ours, state.comments[0].text) == (True, draft().text)


async def test_opened_twice_with_one_key_it_is_one_ticket(
    connector: PublisherDeskConnector, app: FastAPI, draft: Draft
) -> None:
    first, second = await connector.open_request(draft()), await connector.open_request(draft())
    assert (first.ref, len(tickets(app))) == (second.ref, 1)


async def test_opened_again_after_their_memory_of_the_key_ended_it_is_one_ticket(
    connector: PublisherDeskConnector, app: FastAPI, clock: ShiftedClock, draft: Draft
) -> None:
    await connector.open_request(draft())
    clock.advance(timedelta(hours=3))
    await connector.open_request(draft())
    assert len(tickets(app)) == 1


async def test_a_key_without_our_prefix_is_rejected_before_it_is_lost(
    connector: PublisherDeskConnector, draft: Draft
) -> None:
    with pytest.raises(Rejected, match="luotsi-"):
        await connector.open_request(draft("case-7"))


async def test_cut_after_the_ticket_was_made_the_retry_finds_it(
    connector: PublisherDeskConnector, app: FastAPI, orders: httpx.AsyncClient, draft: Draft
) -> None:
    new = {"subject": "s", "comment": {"body": "b"}, "external_id": "luotsi-1"}
    await orders.post("/_sandbox/faults", json={"kind": "cut"})
    with pytest.raises(RetryLater) as cut:
        await connector.client.create_ticket(new, "luotsi-1")
    await orders.delete("/_sandbox/faults")
    await connector.client.create_ticket(new, "luotsi-1")
    assert (cut.value.sent, len(tickets(app))) == (True, 1)


async def test_a_request_is_found_by_its_key(connector: PublisherDeskConnector, draft: Draft) -> None:
    opened = await connector.open_request(draft())
    assert await connector.find_request(draft().key) == opened


async def test_a_key_never_used_finds_nothing(connector: PublisherDeskConnector, draft: Draft) -> None:
    await connector.open_request(draft())
    assert await connector.find_request("luotsi-case-7") is None


async def test_updated_twice_with_one_key_it_is_one_comment(connector: PublisherDeskConnector, draft: Draft) -> None:
    ref = (await connector.open_request(draft())).ref
    await connector.update_request(ref, "The address is right.", "luotsi-case-7-2")
    state = await connector.update_request(ref, "The address is right.", "luotsi-case-7-2")
    assert [c.text for c in state.comments if c.ours] == [draft().text, "The address is right."]


async def test_cut_after_our_comment_was_added_the_retry_finds_it(
    connector: PublisherDeskConnector, orders: httpx.AsyncClient, draft: Draft
) -> None:
    opened = await connector.open_request(draft())
    ticket = await connector.client.fetch_ticket(opened.ref)
    change = {"comment": {"body": "x"}, "metadata": {"luotsi_key": "k"}, "status": ticket.status}
    await orders.post("/_sandbox/faults", json={"kind": "cut"})
    with pytest.raises(RetryLater):
        await connector.client.update_ticket(opened.ref, change)
    await orders.delete("/_sandbox/faults")
    state = await connector.update_request(opened.ref, "x", "k")
    assert [c.text for c in state.comments].count("x") == 1


async def test_our_answer_to_their_question_gives_them_the_turn(
    connector: PublisherDeskConnector, draft: Draft
) -> None:
    ref = (await connector.open_request(draft())).ref
    assert (await connector.update_request(ref, "It is right.", "k")).status is RequestStatus.OPEN


class Meddler(httpx.AsyncBaseTransport):
    """Somebody at the desk writes on the ticket just before each of our first `times` updates arrives."""

    def __init__(self, app: FastAPI, times: int) -> None:
        self.inner, self.app, self.times = SandboxTransport(app), app, times

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        meddles = request.method == "PUT" and self.times > 0
        await self._meddle(int(meddles))
        return await self.inner.handle_async_request(request)

    async def _meddle(self, times: int) -> None:
        async with httpx.AsyncClient(base_url="http://desk", transport=self.inner) as client:
            for _ in range(times):
                self.times -= 1
                await client.post("/_sandbox/tickets/1/comments", json={"body": "wait"})


async def test_a_ticket_changed_by_others_is_read_again_and_updated(
    connector: PublisherDeskConnector, app: FastAPI, draft: Draft
) -> None:
    ref = (await connector.open_request(draft())).ref
    connector.client.http.client._transport = Meddler(app, times=2)
    state = await connector.update_request(ref, "ours", "k")
    assert [c.text for c in state.comments][-3:] == ["wait", "wait", "ours"]


async def test_a_ticket_changed_by_others_three_times_is_left_for_later(
    connector: PublisherDeskConnector, app: FastAPI, draft: Draft
) -> None:
    ref = (await connector.open_request(draft())).ref
    connector.client.http.client._transport = Meddler(app, times=3)
    with pytest.raises(RetryLater, match="changed by others"):
        await connector.update_request(ref, "ours", "k")


async def test_a_closed_ticket_rejects_our_comment(
    connector: PublisherDeskConnector, orders: httpx.AsyncClient, draft: Draft
) -> None:
    ref = (await connector.open_request(draft())).ref
    await orders.post(f"/_sandbox/tickets/{ref}/comments", json={"body": "bye", "status": "closed"})
    with pytest.raises(Rejected) as rejected:
        await connector.update_request(ref, "but", "k")
    assert rejected.value.code == "RecordInvalid"


async def test_all_comments_are_read_over_several_pages(
    connector: PublisherDeskConnector, orders: httpx.AsyncClient, draft: Draft
) -> None:
    ref = (await connector.open_request(draft())).ref
    for number in range(120):
        await orders.post(f"/_sandbox/tickets/{ref}/comments", json={"body": str(number)})
    assert [c.text for c in (await connector.read_request(ref)).comments][2:] == [str(n) for n in range(120)]


async def test_a_ticket_that_is_not_there_is_rejected(connector: PublisherDeskConnector) -> None:
    with pytest.raises(Rejected) as rejected:
        await connector.read_request("404")
    assert rejected.value.code == "RecordNotFound"


async def read_all(connector: PublisherDeskConnector, cursor: str | None) -> tuple[list[Event], list[str]]:
    events, cursors, end = [], [], False
    while not end:
        page = await connector.changes(cursor)
        cursor, end = page.cursor, page.end
        events += page.events
        cursors.append(cursor)
    return events, cursors


@pytest.fixture
async def seven(connector: PublisherDeskConnector, clock: ShiftedClock, draft: Draft) -> PublisherDeskConnector:
    """Seven tickets of ours and one of somebody else, read two to a page."""
    connector.settings = connector.settings.model_copy(update={"page_size": 2})
    await connector.client.create_ticket({"subject": "s", "comment": {"body": "b"}, "external_id": "crm-1"}, "other")
    for number in range(7):
        await connector.open_request(draft(f"luotsi-{number}"))
    return connector


async def test_the_export_brings_each_of_our_tickets_and_no_others(seven: PublisherDeskConnector) -> None:
    events, _ = await read_all(seven, None)
    assert [e.data["key"] for e in events] == [f"luotsi-{n}" for n in range(7)]
    assert {e.kind for e in events} == {EventKind.REQUEST}


@pytest.mark.parametrize("left_off", [0, 1, 2, 3])
async def test_started_again_from_any_cursor_nothing_is_lost(seven: PublisherDeskConnector, left_off: int) -> None:
    everything, cursors = await read_all(seven, None)
    before = [e for e in everything if int(e.ref) <= 2 * (left_off + 1)]
    after, _ = await read_all(seven, cursors[left_off])
    assert [e.dedupe_id for e in before + after] == [e.dedupe_id for e in everything]


async def test_what_changes_after_the_end_is_found_from_the_last_cursor(
    seven: PublisherDeskConnector, orders: httpx.AsyncClient
) -> None:
    _, cursors = await read_all(seven, None)
    await orders.post("/_sandbox/tickets/2/comments", json={"body": "fixed", "status": "solved"})
    events, _ = await read_all(seven, cursors[-1])
    assert [(e.ref, e.data["status"]) for e in events] == [("2", "solved")]


async def test_an_empty_desk_gives_a_cursor_that_finds_the_first_ticket(
    connector: PublisherDeskConnector, draft: Draft
) -> None:
    page = await connector.changes(None)
    await connector.open_request(draft())
    assert (page.end, [e.ref for e in (await connector.changes(page.cursor)).events]) == (True, ["1"])


def push(now: datetime, **changed: str) -> tuple[dict[str, str], bytes]:
    shown = {"id": "e1", "type": "zen:event-type:ticket.comment_added", "subject": "zen:ticket:3", "account_id": 1}
    raw = json.dumps({**shown, "time": now.isoformat(), "detail": {}, "event": {}, **changed}).encode()
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {
        "X-Zendesk-Webhook-Signature": sign(SECRET, stamp, raw),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    return headers, raw


def test_a_signed_push_is_read(connector: PublisherDeskConnector, clock: ShiftedClock) -> None:
    [event] = connector.parse_event(*push(clock.now()), clock.now())
    assert (event.kind, event.ref, event.dedupe_id) == (EventKind.REQUEST, "3", "e1")


def test_an_altered_push_is_refused(connector: PublisherDeskConnector, clock: ShiftedClock) -> None:
    headers, raw = push(clock.now())
    with pytest.raises(Refused):
        connector.parse_event(headers, raw.replace(b"zen:ticket:3", b"zen:ticket:4"), clock.now())


def test_a_push_of_301_seconds_ago_is_refused(connector: PublisherDeskConnector, clock: ShiftedClock) -> None:
    headers, raw = push(clock.now().replace(microsecond=0))
    with pytest.raises(Refused, match="too old"):
        connector.parse_event(headers, raw, clock.now() + timedelta(seconds=301))


def test_a_signed_push_that_is_no_envelope_keeps_its_payload(
    connector: PublisherDeskConnector, clock: ShiftedClock
) -> None:
    headers, _ = push(clock.now())
    raw = b'{"event": "ticket.updated"}'
    headers["X-Zendesk-Webhook-Signature"] = sign(SECRET, headers["X-Zendesk-Webhook-Signature-Timestamp"], raw)
    with pytest.raises(ContractBroken) as broken:
        connector.parse_event(headers, raw, clock.now())
    assert broken.value.payload == {"event": "ticket.updated"}


@pytest.fixture
def hub(app: FastAPI) -> list[tuple[dict[str, str], bytes]]:
    """What arrives at the hub's door when the desk pushes."""
    arrived: list[tuple[dict[str, str], bytes]] = []
    door = FastAPI()

    @door.post("/webhooks/publisher_desk")
    async def take(request: Request) -> None:
        arrived.append((dict(request.headers), await request.body()))

    app.state.pusher.transport = httpx.ASGITransport(door)
    return arrived


async def test_what_the_publishers_people_do_is_pushed_and_verified(
    connector: PublisherDeskConnector,
    app: FastAPI,
    hub: list[tuple[dict[str, str], bytes]],
    orders: httpx.AsyncClient,
    clock: ShiftedClock,
    draft: Draft,
) -> None:
    await connector.register_webhook("http://hub/webhooks/publisher_desk")
    await connector.open_request(draft())
    await app.state.pusher.settle()
    events = [e for headers, raw in hub for e in connector.parse_event(headers, raw, clock.now())]
    assert [(e.ref, e.data["type"].rpartition(".")[2]) for e in events] == [
        ("1", "comment_added"),
        ("1", "status_changed"),
    ]


async def test_a_webhook_is_registered_once(connector: PublisherDeskConnector, app: FastAPI) -> None:
    first = await connector.register_webhook("http://hub/webhooks/publisher_desk")
    second = await connector.register_webhook("http://hub/webhooks/publisher_desk")
    assert (first, len(app.state.store.state.webhooks)) == (second, 1)


async def test_a_changed_shape_is_told_with_what_came(
    connector: PublisherDeskConnector, orders: httpx.AsyncClient
) -> None:
    await orders.post("/_sandbox/faults", json={"kind": "shape"})
    with pytest.raises(ContractBroken, match="ticket") as broken:
        await connector.read_request("1")
    assert broken.value.payload == {"unexpected": ["shape"]}


async def test_a_rate_limit_is_waited_out(
    connector: PublisherDeskConnector, orders: httpx.AsyncClient, clock: ShiftedClock
) -> None:
    await orders.post("/_sandbox/faults", json={"kind": "429"})
    with pytest.raises(RetryLater) as limited:
        await connector.changes(None)
    assert limited.value.after is not None
    assert timedelta(0) < limited.value.after - clock.now() <= timedelta(seconds=2)
