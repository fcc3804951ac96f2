"""What the publisher's desk remembers, and the shapes its people and tickets have on the wire."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from connectors.sandbox.seed import Seed

HUB_EMAIL = "luotsi@publisher.example"
CLOSED_TO_CHANGE = frozenset({"closed", "deleted"})
Role = Literal["end-user", "agent", "admin"]


class DeskUser(BaseModel):
    id: int
    name: str
    email: str | None = None
    role: Role = "end-user"
    external_id: str | None = None
    created_at: datetime
    updated_at: datetime


class DeskComment(BaseModel):
    id: int
    author: str
    author_id: int
    body: str
    public: bool
    created_at: datetime


class DeskAudit(BaseModel):
    id: int
    author_id: int
    created_at: datetime
    custom: dict[str, Any] = Field(default_factory=dict)
    events: list[dict[str, Any]] = Field(default_factory=list)


class DeskTicket(BaseModel):
    """`generated_timestamp` is the place in the export: no two changes of the desk share one."""

    id: int
    external_id: str | None = None
    subject: str = ""
    status: str = "new"
    priority: str | None = None
    type: str | None = None
    requester: str
    requester_id: int
    submitter_id: int
    assignee_id: int | None = None
    tags: list[str] = Field(default_factory=list)
    custom_fields: list[dict[str, Any]] = Field(default_factory=list)
    created_at: datetime
    updated_at: datetime
    generated_timestamp: int = 0
    comments: list[DeskComment] = Field(default_factory=list)
    audits: list[DeskAudit] = Field(default_factory=list)


class Invocation(BaseModel):
    id: str
    status: str = "pending"
    envelope_id: str
    latest_completed_at: datetime | None = None
    attempts: list[dict[str, Any]] = Field(default_factory=list)


class DeskWebhook(BaseModel):
    id: str
    name: str
    endpoint: str
    http_method: str = "POST"
    request_format: str = "json"
    status: str = "active"
    description: str = ""
    subscriptions: list[str] = Field(default_factory=list)
    secret: str
    created_at: datetime
    updated_at: datetime
    invocations: list[Invocation] = Field(default_factory=list)


class KeptAnswer(BaseModel):
    """What an idempotency key was first used for, and the ticket it made."""

    at: datetime
    request: str
    ticket_id: int
    audit_id: int


class Robot(BaseModel):
    """`text` and `lang`, where given, stand in for what the robot would say in the ticket's language."""

    on: bool = True
    text: str | None = None
    lang: Literal["fi", "sv", "en"] | None = None


class DeskState(BaseModel):
    email: str = HUB_EMAIL
    api_token: str
    hub_id: int
    robot: Robot = Robot()
    users: dict[int, DeskUser]
    tickets: dict[int, DeskTicket] = Field(default_factory=dict)
    webhooks: dict[str, DeskWebhook] = Field(default_factory=dict)
    kept_answers: dict[str, KeptAnswer] = Field(default_factory=dict)
    last_id: int = 5000
    last_generated: int = 0

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id


def make_state(seed: Seed, now: datetime) -> DeskState:
    """The hub's own agent, the publisher's people, and the seed's people as its customers."""
    staff = [("Luotsi", HUB_EMAIL, "agent"), ("Megan", "megan@publisher.example", "agent")]
    people = staff + [(person.name, person.email, "end-user") for person in seed.people]
    users = [
        DeskUser.model_validate(
            {"id": id_, "name": name, "email": email, "role": role, "created_at": now, "updated_at": now}
        )
        for id_, (name, email, role) in enumerate(people, start=1001)
    ]
    return DeskState(api_token=make_secret(), hub_id=users[0].id, users={user.id: user for user in users})


def make_secret() -> str:
    return base64.b64encode(secrets.token_bytes(24)).decode()


def to_stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user_json(user: DeskUser, base: str) -> dict[str, Any]:
    return {
        "id": user.id,
        "url": f"{base}/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "external_id": user.external_id,
        "created_at": to_stamp(user.created_at),
        "updated_at": to_stamp(user.updated_at),
        "active": True,
        "verified": True,
        "locale": "en-US",
        "time_zone": "Helsinki",
        "tags": [],
        "user_fields": {},
    }


ANONYMOUS = {
    "id": None,
    "url": None,
    "name": "Anonymous user",
    "email": "invalid@example.com",
    "role": "end-user",
    "verified": False,
}


def ticket_json(ticket: DeskTicket, base: str) -> dict[str, Any]:
    first = ticket.comments[0] if ticket.comments else None
    return {
        **ticket.model_dump(mode="json", exclude={"comments", "audits", "requester", "generated_timestamp"}),
        "url": f"{base}/tickets/{ticket.id}.json",
        "raw_subject": ticket.subject,
        "description": first.body if first else "",
        "created_at": to_stamp(ticket.created_at),
        "updated_at": to_stamp(ticket.updated_at),
        "generated_timestamp": ticket.generated_timestamp,
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
        "fields": ticket.custom_fields,
        "is_public": any(comment.public for comment in ticket.comments),
        "has_incidents": False,
        "collaborator_ids": [],
        "follower_ids": [],
        "group_id": None,
        "organization_id": None,
        "allow_channelback": False,
    }


def comment_json(comment: DeskComment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.body,
        "plain_body": comment.body,
        "html_body": f'<div class="zd-comment" dir="auto">{comment.body}</div>',
        "public": comment.public,
        "attachments": [],
        "audit_id": comment.id + 1,
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": to_stamp(comment.created_at),
        "metadata": {"system": {}, "custom": {}},
    }


def audit_json(audit: DeskAudit, ticket: DeskTicket) -> dict[str, Any]:
    return {
        "id": audit.id,
        "ticket_id": ticket.id,
        "author_id": audit.author_id,
        "created_at": to_stamp(audit.created_at),
        "metadata": {"system": {}, "custom": audit.custom},
        "events": audit.events,
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
    }


def webhook_json(webhook: DeskWebhook) -> dict[str, Any]:
    return {
        **webhook.model_dump(mode="json", exclude={"secret", "invocations"}),
        "created_at": to_stamp(webhook.created_at),
        "updated_at": to_stamp(webhook.updated_at),
        "created_by": "1001",
        "updated_by": "1001",
    }
