"""Zendesk's payloads, as far as we read them. Fields and statuses we do not know are kept as they came."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Wire(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class User(Wire):
    """`id` is null for the anonymous user, which is how a wrong token looks at `/users/me`."""

    id: int | None
    name: str
    email: str | None = None


class Me(Wire):
    user: User


class Ticket(Wire):
    id: int
    external_id: str | None = None
    subject: str | None = None
    status: str
    updated_at: AwareDatetime


class OneTicket(Wire):
    ticket: Ticket


class Tickets(Wire):
    tickets: list[Ticket]


class TicketExport(Wire):
    """`after_cursor` is null when a first page is empty."""

    tickets: list[Ticket]
    after_cursor: str | None = None
    end_of_stream: bool


class Meta(Wire):
    has_more: bool
    after_cursor: str | None = None


class Paged(Wire):
    meta: Meta


class Comment(Wire):
    id: int
    author_id: int
    body: str
    public: bool = True
    created_at: AwareDatetime


class CommentPage(Paged):
    comments: list[Comment]
    users: list[User] = Field(default_factory=list)


class AuditMetadata(Wire):
    custom: dict[str, Any] = Field(default_factory=dict)


class Audit(Wire):
    id: int
    metadata: AuditMetadata = AuditMetadata()


class AuditPage(Paged):
    audits: list[Audit]


class Webhook(Wire):
    id: str
    endpoint: str


class OneWebhook(Wire):
    webhook: Webhook


class WebhookPage(Paged):
    webhooks: list[Webhook]


class Signing(Wire):
    secret: str


class SigningSecret(Wire):
    signing_secret: Signing


class Envelope(Wire):
    """What a webhook brings. `subject` is `zen:ticket:{id}` for what happens to a ticket."""

    id: str
    type: str
    subject: str
    time: AwareDatetime
    detail: dict[str, Any] = Field(default_factory=dict)
    event: dict[str, Any] = Field(default_factory=dict)
