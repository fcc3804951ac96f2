"""The desk at work: tickets are opened and changed by its rules, and whoever listens is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.publisher_desk_robot import TEXTS, find_language
from connectors.sandbox.publisher_desk_rules import DeskError, TicketOrder, not_found, record_invalid
from connectors.sandbox.publisher_desk_state import (
    CLOSED_TO_CHANGE,
    DeskAudit,
    DeskComment,
    DeskState,
    DeskTicket,
    DeskUser,
    KeptAnswer,
    to_stamp,
)
from connectors.sandbox.store import Store
from hub.clock import ShiftedClock

KEY_LIFE = timedelta(hours=2)
PLAIN_FIELDS = ("subject", "status", "priority", "type", "external_id", "assignee_id", "tags", "custom_fields")
Told = Callable[[DeskTicket, DeskAudit], None]


class Desk:
    """`tell` hears of every change that somebody else than the hub made."""

    def __init__(self, store: Store[DeskState], clock: ShiftedClock, tell: Told) -> None:
        self.store, self.clock, self.tell = store, clock, tell

    @property
    def state(self) -> DeskState:
        return self.store.state

    def get_ticket(self, ticket_id: int) -> DeskTicket:
        ticket = self.state.tickets.get(ticket_id)
        if ticket is None or ticket.status == "deleted":
            raise not_found()
        return ticket

    def list_tickets(self) -> list[DeskTicket]:
        return [t for t in self.state.tickets.values() if t.status != "deleted"]

    def open_ticket(self, order: TicketOrder, author: DeskUser, key: str | None) -> tuple[DeskTicket, DeskAudit, bool]:
        """The ticket, its first audit, and whether the idempotency key had made it before."""
        kept = self._find_kept(order, key)
        if kept is not None:
            ticket = self.get_ticket(kept.ticket_id)
            return ticket, next(a for a in ticket.audits if a.id == kept.audit_id), True
        ticket = self._new_ticket(order, author)
        audit = self._apply(ticket, order, author)
        self.state.tickets[ticket.id] = ticket
        if key:
            kept = KeptAnswer(at=self.clock.now(), request=_digest(order), ticket_id=ticket.id, audit_id=audit.id)
            self.state.kept_answers[key] = kept
        self._tell(ticket, audit)
        self._let_robot_answer(ticket)
        self.store.save()
        return ticket, audit, False

    def change_ticket(self, ticket: DeskTicket, order: TicketOrder, author: DeskUser) -> DeskAudit:
        if ticket.status in CLOSED_TO_CHANGE:
            raise record_invalid("status", "Status: closed prevents ticket update", "TicketClosed")
        if order.safe_update and order.updated_stamp != to_stamp(ticket.updated_at):
            message = "Safe Update prevented the update because the ticket was updated in the meantime"
            raise DeskError(409, {"error": "UpdateConflict", "description": message})
        audit = self._apply(ticket, order, author)
        self._tell(ticket, audit)
        self.store.save()
        return audit

    def delete_ticket(self, ticket: DeskTicket) -> None:
        ticket.status = "deleted"
        self._touch(ticket)
        self.store.save()

    def get_user(self, user_id: int) -> DeskUser:
        user = self.state.users.get(user_id)
        if user is None:
            raise not_found()
        return user

    def find_user(self, *, email: str | None = None, name: str | None = None) -> DeskUser | None:
        users = self.state.users.values()
        if email:
            return next((u for u in users if u.email == email.lower()), None)
        return next((u for u in users if u.name == name and u.role != "end-user"), None)

    def add_user(self, **fields: Any) -> DeskUser:
        now = self.clock.now()
        user = DeskUser(id=self.state.next_id(), created_at=now, updated_at=now, **fields)
        self.state.users[user.id] = user
        return user

    def _find_kept(self, order: TicketOrder, key: str | None) -> KeptAnswer | None:
        kept = self.state.kept_answers.get(key or "")
        if kept is None or self.clock.now() >= kept.at + KEY_LIFE:
            return None
        if kept.request != _digest(order):
            message = "The request parameters do not match those of the first request with this idempotency key"
            raise DeskError(400, {"error": "IdempotentRequestError", "description": message})
        return kept

    def _new_ticket(self, order: TicketOrder, author: DeskUser) -> DeskTicket:
        if not _comment_text(order):
            raise record_invalid("base", "Description: cannot be blank", "BlankValue")
        requester, now = self._requester(order, author), self.clock.now().replace(microsecond=0)
        number = max(self.state.tickets, default=0) + 1
        people = {"requester": requester.name, "requester_id": requester.id, "submitter_id": author.id}
        return DeskTicket(id=number, created_at=now, updated_at=now, **people)

    def _requester(self, order: TicketOrder, author: DeskUser) -> DeskUser:
        if order.requester_id is not None:
            user = self.state.users.get(order.requester_id)
        elif order.requester is None:
            user = author
        else:
            user = self.find_user(email=order.requester.email) or self._new_requester(order)
        if user is None:
            raise record_invalid("requester", "Requester: is not a user here")
        return user

    def _new_requester(self, order: TicketOrder) -> DeskUser:
        if order.requester is None or not order.requester.name:
            raise record_invalid("requester", "Requester: Name: is too short (minimum one character)", "ValueTooShort")
        return self.add_user(name=order.requester.name, email=(order.requester.email or "").lower() or None)

    def _apply(self, ticket: DeskTicket, order: TicketOrder, author: DeskUser) -> DeskAudit:
        comment = self._comment(ticket, order, author)
        now = self._touch(ticket)
        audit = DeskAudit(id=self.state.next_id(), author_id=author.id, created_at=now, custom=order.metadata)
        if comment is not None:
            comment.created_at = now
            ticket.comments.append(comment)
            audit.events.append({"id": comment.id, "type": "Comment", **comment.model_dump(include=COMMENT_EVENT)})
        audit.events += [self._change(ticket, field, getattr(order, field)) for field in _changed(ticket, order)]
        ticket.audits.append(audit)
        return audit

    def _change(self, ticket: DeskTicket, field: str, value: Any) -> dict[str, Any]:
        previous = getattr(ticket, field)
        setattr(ticket, field, value)
        event = {"type": "Change", "field_name": field, "value": value, "previous_value": previous}
        return {"id": self.state.next_id(), **event}

    def _comment(self, ticket: DeskTicket, order: TicketOrder, author: DeskUser) -> DeskComment | None:
        text = _comment_text(order)
        if order.comment is None and (ticket.comments or not text):
            return None
        if not text:
            raise record_invalid("comment", "Comment: cannot be blank", "BlankValue")
        told = order.comment
        by = self.state.users.get(told.author_id, author) if told and told.author_id else author
        public = told.public if told else True
        return DeskComment(
            id=self.state.next_id(),
            author=by.name,
            author_id=by.id,
            body=text,
            public=public,
            created_at=ticket.updated_at,
        )

    def _touch(self, ticket: DeskTicket) -> datetime:
        """Zendesk keeps whole seconds and holds the last minute back from its export. Here instead each change
        has a second of its own, so that a safe update and the export see it at once."""
        now = self.clock.now().replace(microsecond=0)
        ticket.updated_at = max(now, ticket.updated_at + timedelta(seconds=1)) if ticket.audits else now
        self.state.last_generated = max(int(ticket.updated_at.timestamp()), self.state.last_generated + 1)
        ticket.generated_timestamp = self.state.last_generated
        return ticket.updated_at

    def _tell(self, ticket: DeskTicket, audit: DeskAudit) -> None:
        if audit.author_id != self.state.hub_id:
            self.tell(ticket, audit)

    def _let_robot_answer(self, ticket: DeskTicket) -> None:
        robot, megan = self.state.robot, self.find_user(name="Megan")
        if not robot.on or megan is None:
            return
        language = robot.lang or find_language(f"{ticket.subject} {ticket.comments[0].body}")
        comment = {"body": robot.text or TEXTS[language], "public": True}
        order = TicketOrder.model_validate({"comment": comment, "status": "pending"})
        self._tell(ticket, self._apply(ticket, order, megan))


COMMENT_EVENT = {"body", "public", "author_id"}


def _comment_text(order: TicketOrder) -> str:
    return order.comment.text if order.comment else (order.description or "").strip()


def _changed(ticket: DeskTicket, order: TicketOrder) -> list[str]:
    told = order.model_fields_set
    return [f for f in PLAIN_FIELDS if f in told and getattr(order, f) not in (None, getattr(ticket, f))]


def _digest(order: TicketOrder) -> str:
    return hashlib.sha256(order.model_dump_json().encode()).hexdigest()
