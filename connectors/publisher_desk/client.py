"""One method per Zendesk endpoint that we use. Answers are wire models; failures are PartnerErrors."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from connectors.http import Dialect, PartnerHttp
from connectors.publisher_desk import wire
from hub.errors import ContractBroken

W = TypeVar("W", bound=wire.Wire)
P = TypeVar("P", bound=wire.Paged)
PAGE = {"page[size]": 100}


class PublisherDeskClient:
    def __init__(self, http: PartnerHttp) -> None:
        self.http = http

    async def fetch_me(self) -> wire.User:
        return (await self._call(wire.Me, "GET", "/users/me")).user

    async def create_ticket(self, ticket: dict[str, Any], key: str) -> wire.Ticket:
        """The same key within 2 hours answers the ticket that the first call made."""
        headers = {"Idempotency-Key": key}
        answer = await self._call(
            wire.OneTicket, "POST", "/tickets", keyed=True, headers=headers, json={"ticket": ticket}
        )
        return answer.ticket

    async def update_ticket(self, ref: str, change: dict[str, Any]) -> wire.Ticket:
        return (await self._call(wire.OneTicket, "PUT", _ticket(ref), json={"ticket": change})).ticket

    async def fetch_ticket(self, ref: str) -> wire.Ticket:
        return (await self._call(wire.OneTicket, "GET", _ticket(ref))).ticket

    async def list_tickets(self, external_id: str) -> list[wire.Ticket]:
        """Reads the tickets themselves; the search index would lag minutes behind."""
        return (await self._call(wire.Tickets, "GET", "/tickets", params={"external_id": external_id})).tickets

    async def read_comments(self, ref: str) -> list[wire.CommentPage]:
        return await self._pages(wire.CommentPage, f"{_ticket(ref)}/comments", {"include": "users"})

    async def read_audits(self, ref: str) -> list[wire.AuditPage]:
        return await self._pages(wire.AuditPage, f"{_ticket(ref)}/audits", {})

    async def read_changes(self, params: dict[str, str]) -> wire.TicketExport:
        """`params` is `start_time` (Unix seconds) or `cursor`, and `per_page`."""
        return await self._call(wire.TicketExport, "GET", "/incremental/tickets/cursor", params=params)

    async def list_webhooks(self) -> list[wire.Webhook]:
        pages = await self._pages(wire.WebhookPage, "/webhooks", {})
        return [webhook for page in pages for webhook in page.webhooks]

    async def create_webhook(self, webhook: dict[str, Any]) -> wire.Webhook:
        return (await self._call(wire.OneWebhook, "POST", "/webhooks", json={"webhook": webhook})).webhook

    async def fetch_signing_secret(self, webhook_ref: str) -> str:
        path = f"/webhooks/{quote(webhook_ref, safe='')}/signing_secret"
        return (await self._call(wire.SigningSecret, "GET", path)).signing_secret.secret

    async def _pages(self, model: type[P], path: str, params: dict[str, str]) -> list[P]:
        pages: list[P] = []
        after: dict[str, str | None] = {}
        while True:
            page = await self._call(model, "GET", path, params={**PAGE, **params, **after})
            pages.append(page)
            if not page.meta.has_more:
                return pages
            if page.meta.after_cursor in (None, after.get("page[after]")):
                raise ContractBroken(self.http.partner, f"{path}: more pages, and no cursor to them")
            after = {"page[after]": page.meta.after_cursor}

    async def _call(self, model: type[W], method: str, path: str, **options: Any) -> W:
        response = await self.http.request(method, f"/api/v2{path}", **options)
        return self.http.parse_json(response, model)


def _ticket(ref: str) -> str:
    return f"/tickets/{quote(ref, safe='')}"


def to_error_code(response: httpx.Response) -> str:
    """`error` is a word, or an object with a title; the webhook endpoints have a list `errors` with codes."""
    try:
        body = response.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    error = body.get("error") or next(iter(body.get("errors") or []), "")
    if isinstance(error, dict):
        error = error.get("code") or error.get("title", "")
    return str(error)


DIALECT = Dialect(error_code=to_error_code)
