from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.publisher_desk import mapping, wire
from hub.ports import EventKind, RequestDraft, RequestStatus

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def ticket(**fields: Any) -> wire.Ticket:
    shown = {"id": 7, "external_id": "luotsi-1", "status": "open", "updated_at": "2026-11-20T09:00:00Z"}
    return wire.Ticket.model_validate({**shown, **fields})


def comments(*authors: int) -> wire.CommentPage:
    rows = [{"id": n, "author_id": a, "body": "hi", "created_at": AT} for n, a in enumerate(authors)]
    users = [{"id": 9, "name": "Megan"}]
    return wire.CommentPage.model_validate({"comments": rows, "users": users, "meta": {"has_more": False}})


def envelope(**fields: Any) -> wire.Envelope:
    shown = {"id": "e1", "type": "zen:event-type:ticket.status_changed", "subject": "zen:ticket:7", "time": AT}
    return wire.Envelope.model_validate({**shown, "detail": {"external_id": "luotsi-1"}, **fields})


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", RequestStatus.OPEN),
        ("open", RequestStatus.OPEN),
        ("hold", RequestStatus.OPEN),
        ("pending", RequestStatus.PENDING),
        ("solved", RequestStatus.SOLVED),
        ("closed", RequestStatus.SOLVED),
        ("awaiting-print", RequestStatus.OPEN),
    ],
)
def test_each_status_is_read_and_its_word_kept(word: str, status: RequestStatus) -> None:
    state = mapping.to_request(ticket(status=word), [], our_id=1)
    assert (state.status, state.partner_status) == (status, word)


def test_a_comment_is_ours_by_its_author() -> None:
    state = mapping.to_request(ticket(), [comments(1, 9)], our_id=1)
    assert [comment.ours for comment in state.comments] == [True, False]


def test_an_author_is_named_where_the_partner_names_him() -> None:
    state = mapping.to_request(ticket(), [comments(9, 33)], our_id=1)
    assert [comment.author for comment in state.comments] == ["Megan", "33"]


def test_without_a_requester_the_ticket_is_the_hubs_own() -> None:
    assert "requester" not in mapping.to_new_ticket(RequestDraft(key="luotsi-1", subject="s", text="t"))


def test_a_requester_without_a_name_is_called_by_the_address() -> None:
    draft = RequestDraft(key="luotsi-1", subject="s", text="t", requester_email="a@example.com")
    assert mapping.to_new_ticket(draft)["requester"] == {"name": "a@example.com", "email": "a@example.com"}


@pytest.mark.parametrize("waits", ["pending", "solved"])
def test_our_answer_gives_the_turn_back_to_them(waits: str) -> None:
    assert mapping.to_update(ticket(status=waits), "text", "k")["status"] == "open"


@pytest.mark.parametrize("works", ["new", "open", "hold"])
def test_our_answer_leaves_a_status_that_is_theirs(works: str) -> None:
    assert "status" not in mapping.to_update(ticket(status=works), "text", "k")


def test_an_update_names_the_state_it_was_written_for() -> None:
    change = mapping.to_update(ticket(), "text", "k")
    assert (change["safe_update"], change["updated_stamp"]) == (True, "2026-11-20T09:00:00Z")


def test_the_event_of_a_changed_ticket_is_told_apart_by_when_it_changed() -> None:
    later = mapping.to_event(ticket(updated_at="2026-11-20T09:00:01Z"))
    assert (mapping.to_event(ticket()).dedupe_id, later.dedupe_id) == (
        "7:2026-11-20T09:00:00Z",
        "7:2026-11-20T09:00:01Z",
    )


def test_a_push_about_our_ticket_says_which_request_to_read() -> None:
    [event] = mapping.to_pushed_events(envelope(), "luotsi-")
    assert (event.kind, event.ref, event.dedupe_id) == (EventKind.REQUEST, "7", "e1")


@pytest.mark.parametrize("external_id", [None, "crm-8"])
def test_a_push_about_anothers_ticket_is_skipped(external_id: str | None) -> None:
    assert mapping.to_pushed_events(envelope(detail={"external_id": external_id}), "luotsi-") == []


def test_a_push_that_does_not_tell_whose_ticket_it_is_is_kept() -> None:
    assert [e.ref for e in mapping.to_pushed_events(envelope(detail={}), "luotsi-")] == ["7"]


def test_a_push_about_something_else_is_other() -> None:
    [event] = mapping.to_pushed_events(envelope(subject="zen:user:5", detail={}), "luotsi-")
    assert (event.kind, event.ref) == (EventKind.OTHER, "")
