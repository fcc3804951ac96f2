from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from connectors.answers import parse_body
from connectors.http import Limits, PartnerHttp, make_client
from connectors.publisher_desk import mapping, wire
from connectors.publisher_desk.client import DIALECT, PublisherDeskClient
from connectors.publisher_desk.settings import PublisherDeskSettings
from connectors.publisher_desk.signature import find_fault
from hub.clock import Clock
from hub.errors import PartnerError, Refused, Rejected, RetryLater
from hub.ports import BaseConnector, Capability, Cursor, Event, Health, Page, RequestDraft, RequestState

UPDATE_TRIES = 3


class PublisherDeskConnector(BaseConnector):
    partner = mapping.PARTNER
    title = "The publisher's ticket desk (Zendesk)"
    supports = frozenset({Capability.REQUESTS, Capability.CHANGES, Capability.EVENTS})

    def __init__(self, client: PublisherDeskClient, settings: PublisherDeskSettings, clock: Clock) -> None:
        self.client = client
        self.settings = settings
        self.clock = clock
        self._our_id: int | None = None
        self._registered = SecretStr("")  # what signs the webhook that we registered ourselves

    async def check(self) -> Health:
        try:
            user = await self.client.fetch_me()
        except PartnerError as error:
            return Health(ok=False, detail=error.detail)
        if user.id is None:
            return Health(
                ok=False, detail=f"the token for {self.settings.email} is not accepted: we are anonymous there"
            )
        return Health(ok=True, detail=f"signed in as {user.name}")

    async def open_request(self, draft: RequestDraft) -> RequestState:
        """Looked for before it is made: their memory of the key ends after two hours, ours does not."""
        if not draft.key.startswith(self.settings.key_prefix):
            raise Rejected(
                self.partner, f"the key {draft.key} does not begin with {self.settings.key_prefix}", code="key"
            )
        ticket = await self._find_ticket(draft.key)
        if ticket is None:
            ticket = await self.client.create_ticket(mapping.to_new_ticket(draft), draft.key)
        return await self._read(ticket)

    async def find_request(self, key: str) -> RequestState | None:
        ticket = await self._find_ticket(key)
        return None if ticket is None else await self._read(ticket)

    async def update_request(self, ref: str, text: str, key: str) -> RequestState:
        for _ in range(UPDATE_TRIES):
            ticket = await self.client.fetch_ticket(ref)
            if mapping.has_key(await self.client.read_audits(ref), key):
                return await self._read(ticket)
            try:
                updated = await self.client.update_ticket(ref, mapping.to_update(ticket, text, key))
            except Rejected as rejected:
                if rejected.code != "UpdateConflict":
                    raise
            else:
                return await self._read(updated)
        raise RetryLater(self.partner, f"ticket {ref} was changed by others {UPDATE_TRIES} times while we wrote")

    async def read_request(self, ref: str) -> RequestState:
        return await self._read(await self.client.fetch_ticket(ref))

    async def changes(self, cursor: Cursor | None) -> Page:
        """A cursor of digits alone is a start time: Zendesk gives none of its own for an empty first page."""
        cursor = cursor or self._first_start()
        place = {"start_time" if cursor.isdigit() else "cursor": cursor}
        export = await self.client.read_changes({**place, "per_page": str(self.settings.page_size)})
        ours = [t for t in export.tickets if (t.external_id or "").startswith(self.settings.key_prefix)]
        events = tuple(mapping.to_event(ticket) for ticket in ours)
        return Page(events=events, cursor=export.after_cursor or cursor, end=export.end_of_stream)

    def parse_event(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> list[Event]:
        fault = find_fault(headers, raw, self._list_secrets(), now)
        if fault is not None:
            raise Refused(self.partner, fault)
        envelope = parse_body(self.partner, raw, wire.Envelope, what="a webhook")
        return mapping.to_pushed_events(envelope, self.settings.key_prefix)

    async def register_webhook(self, url: str) -> str:
        """Have ticket changes pushed to `url`, once; answers the secret that signs them, by which we know them."""
        known = [w for w in await self.client.list_webhooks() if w.endpoint == url]
        webhook = known[0] if known else await self.client.create_webhook(mapping.to_new_webhook(url))
        secret = await self.client.fetch_signing_secret(webhook.id)
        self._registered = SecretStr(secret)
        return secret

    def _list_secrets(self) -> tuple[str, ...]:
        own = self._registered.get_secret_value()
        return (*self.settings.webhook_secrets, own) if own else self.settings.webhook_secrets

    async def close(self) -> None:
        await self.client.http.close()

    def _first_start(self) -> Cursor:
        return str(int((self.clock.now() - timedelta(days=self.settings.first_poll_days)).timestamp()))

    async def _find_ticket(self, key: str) -> wire.Ticket | None:
        """The oldest, should there be several. Filtered here too: the key must be the same to the letter."""
        tickets = [t for t in await self.client.list_tickets(key) if t.external_id == key]
        return min(tickets, key=lambda t: t.id, default=None)

    async def _read(self, ticket: wire.Ticket) -> RequestState:
        return mapping.to_request(ticket, await self.client.read_comments(str(ticket.id)), await self._get_our_id())

    async def _get_our_id(self) -> int:
        if self._our_id is None:
            self._our_id = (await self.client.fetch_me()).id
        if self._our_id is None:
            raise Refused(self.partner, "we are anonymous there: the token is not accepted")
        return self._our_id


def make_connector(
    settings: PublisherDeskSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> PublisherDeskConnector:
    auth = httpx.BasicAuth(f"{settings.email}/token", settings.api_token.get_secret_value())
    limits = Limits(read=settings.timeout_seconds)
    headers = {"Accept": "application/json"}
    client = make_client(settings.base_url, limits=limits, transport=transport, auth=auth, headers=headers)
    http = PartnerHttp(mapping.PARTNER, client, clock, DIALECT, limits=limits)
    return PublisherDeskConnector(PublisherDeskClient(http), settings, clock)
