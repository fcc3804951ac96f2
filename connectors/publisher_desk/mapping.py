"""Pure: Zendesk's payloads to the hub's values, and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connectors.publisher_desk import wire
from hub.ports import Comment, Event, EventKind, RequestDraft, RequestState, RequestStatus

PARTNER = "publisher_desk"
KEY_FIELD = "luotsi_key"
STATUSES = {
    "new": RequestStatus.OPEN,
    "open": RequestStatus.OPEN,
    "hold": RequestStatus.OPEN,
    "pending": RequestStatus.PENDING,
    "solved": RequestStatus.SOLVED,
    "closed": RequestStatus.SOLVED,
}
WAITS_FOR_US = frozenset({"pending", "solved"})
SUBSCRIPTIONS = ("zen:event-type:ticket.comment_added", "zen:event-type:ticket.status_changed")


def to_new_ticket(draft: RequestDraft) -> dict[str, Any]:
    """Without a requester the ticket is the hub's own: the partner's automatic mail then comes to us."""
    ticket: dict[str, Any] = {
        "subject": draft.subject,
        "comment": {"body": draft.text, "public": True},
        "external_id": draft.key,
        "tags": ["luotsi"],
    }
    if draft.requester_email:
        ticket["requester"] = {"name": draft.requester_name or draft.requester_email, "email": draft.requester_email}
    return ticket


def to_update(ticket: wire.Ticket, text: str, key: str) -> dict[str, Any]:
    """Our answer gives the turn back to them: an agent's comment does not reopen a ticket by itself."""
    change: dict[str, Any] = {
        "comment": {"body": text, "public": True},
        "metadata": {KEY_FIELD: key},
        "safe_update": True,
        "updated_stamp": to_stamp(ticket.updated_at),
    }
    return change | {"status": "open"} if ticket.status in WAITS_FOR_US else change


def to_stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def has_key(pages: Iterable[wire.AuditPage], key: str) -> bool:
    return any(audit.metadata.custom.get(KEY_FIELD) == key for page in pages for audit in page.audits)


def to_request(ticket: wire.Ticket, pages: Iterable[wire.CommentPage], our_id: int) -> RequestState:
    pages = list(pages)
    names = {user.id: user.name for page in pages for user in page.users}
    comments = [to_comment(c, names, our_id) for page in pages for c in page.comments]
    return RequestState(
        ref=str(ticket.id),
        key=ticket.external_id or "",
        status=STATUSES.get(ticket.status, RequestStatus.OPEN),
        partner_status=ticket.status,
        subject=ticket.subject or "",
        updated_at=ticket.updated_at,
        comments=tuple(comments),
    )


def to_comment(comment: wire.Comment, names: dict[int | None, str], our_id: int) -> Comment:
    return Comment(
        ref=str(comment.id),
        author=names.get(comment.author_id, str(comment.author_id)),
        text=comment.body,
        at=comment.created_at,
        public=comment.public,
        ours=comment.author_id == our_id,
    )


def to_event(ticket: wire.Ticket) -> Event:
    return Event(
        partner=PARTNER,
        dedupe_id=f"{ticket.id}:{to_stamp(ticket.updated_at)}",
        kind=EventKind.REQUEST,
        at=ticket.updated_at,
        ref=str(ticket.id),
        data={"key": ticket.external_id or "", "status": ticket.status},
    )


def to_pushed_events(envelope: wire.Envelope, prefix: str) -> list[Event]:
    """[] for a ticket that says it is not ours; a push about something else than a ticket is OTHER."""
    about_ticket = envelope.subject.startswith("zen:ticket:")
    if about_ticket and not str(envelope.detail.get("external_id", prefix) or "").startswith(prefix):
        return []
    event = Event(
        partner=PARTNER,
        dedupe_id=envelope.id,
        kind=EventKind.REQUEST if about_ticket else EventKind.OTHER,
        at=envelope.time,
        ref=envelope.subject.rpartition(":")[2] if about_ticket else "",
        data={"type": envelope.type, "key": envelope.detail.get("external_id") or ""},
    )
    return [event]


def to_new_webhook(url: str) -> dict[str, Any]:
    return {
        "name": "Luotsi",
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": list(SUBSCRIPTIONS),
    }
