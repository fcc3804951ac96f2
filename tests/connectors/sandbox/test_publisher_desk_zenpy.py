"""Zendesk's community client, unchanged, over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import uvicorn
from fastapi import FastAPI
from requests.adapters import HTTPAdapter
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Ticket, User, Webhook
from zenpy.lib.exception import APIException, RecordNotFoundException

from connectors.sandbox.publisher_desk import make_publisher_desk_sandbox, publisher_desk_credentials
from connectors.sandbox.seed import load_seed
from hub.clock import ShiftedClock


class Detour(HTTPAdapter):
    """The client insists on https://{subdomain}.zendesk.com: what goes there comes here."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self.server = server

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        meant = request.url
        request.url = self.server + meant.removeprefix("https://publisher.zendesk.com")
        response = super().send(request, *args, **options)
        request.url = response.url = meant
        return response


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def zendesk() -> Iterator[Zenpy]:
    app = make_publisher_desk_sandbox(load_seed(), ShiftedClock())
    known = publisher_desk_credentials(app)
    with served(app) as server, requests.Session() as session:
        session.mount("https://publisher.zendesk.com", Detour(server))
        yield Zenpy(subdomain="publisher", email=known["email"], token=known["api_token"], session=session)


def make_ticket(zendesk: Zenpy, external_id: str) -> Any:
    ticket = Ticket(subject="HBR", comment=Comment(body="The issue is not here."), external_id=external_id)
    return zendesk.tickets.create(ticket).ticket


def test_it_knows_who_it_is(zendesk: Zenpy) -> None:
    assert zendesk.users.me().name == "Luotsi"


def test_a_ticket_is_made_and_read(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-made")
    assert zendesk.tickets(id=ticket.id).subject == "HBR"


def test_comments_are_read_with_the_robots(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-comments")
    assert [c.author.name for c in zendesk.tickets.comments(ticket=ticket)] == ["Luotsi", "Megan"]


def test_a_ticket_is_updated_with_a_comment(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-updated")
    ticket.comment = Comment(body="And another thing.", public=False)
    ticket.status = "solved"
    zendesk.tickets.update(ticket)
    assert [c.public for c in zendesk.tickets.comments(ticket=ticket)] == [True, True, False]


def test_a_ticket_is_found_by_its_external_id(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-external")
    assert [t.id for t in zendesk.tickets(external_id="zenpy-external")] == [ticket.id]


def test_a_ticket_is_searched(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-search")
    assert [t.id for t in zendesk.search(type="ticket", external_id="zenpy-search")] == [ticket.id]


def test_a_search_is_exported(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-export")
    assert [t.id for t in zendesk.search_export(type="ticket", external_id="zenpy-export")] == [ticket.id]


def test_the_export_is_read_page_by_page(zendesk: Zenpy) -> None:
    made = {make_ticket(zendesk, f"zenpy-incremental-{n}").id for n in range(3)}
    seen = {t.id for t in zendesk.tickets.incremental(start_time=datetime(2020, 1, 1, tzinfo=UTC), per_page=2)}
    assert made <= seen


def test_more_than_a_page_of_tickets_is_listed(zendesk: Zenpy) -> None:
    made = {make_ticket(zendesk, f"zenpy-list-{n}").id for n in range(105)}
    assert made <= {ticket.id for ticket in zendesk.tickets()}


def test_audits_are_read(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-audits")
    assert len(list(zendesk.tickets.audits(ticket=ticket))) == 2


def test_a_user_is_created_or_updated(zendesk: Zenpy) -> None:
    made = zendesk.users.create_or_update(User(name="Zen", email="zen@example.com"))
    assert zendesk.users.create_or_update(User(name="Zenpy", email="zen@example.com")).id == made.id


def test_a_webhook_is_made_and_its_secret_shown(zendesk: Zenpy) -> None:
    hook = zendesk.webhooks.create(
        Webhook(
            name="Luotsi",
            endpoint="http://127.0.0.1:9/hook",
            http_method="POST",
            request_format="json",
            status="active",
            subscriptions=["zen:event-type:ticket.status_changed"],
        )
    )
    assert hook.id in [w.id for w in zendesk.webhooks.list()]
    assert zendesk.webhooks.show_secret(hook).secret
    zendesk.webhooks.delete(hook)


def test_a_ticket_is_deleted_and_then_not_found(zendesk: Zenpy) -> None:
    ticket = make_ticket(zendesk, "zenpy-deleted")
    zendesk.tickets.delete(ticket)
    with pytest.raises(RecordNotFoundException):
        zendesk.tickets(id=ticket.id)


def test_what_is_wrong_is_told(zendesk: Zenpy) -> None:
    with pytest.raises(APIException, match="RecordInvalid"):
        zendesk.tickets.create(Ticket(subject="HBR", comment=Comment(body="")))
