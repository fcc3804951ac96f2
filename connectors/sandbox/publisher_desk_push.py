"""Signed webhooks to whoever registered, with Zendesk's rules for trying again, in small."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.sandbox.publisher_desk_state import DeskAudit, DeskState, DeskTicket, DeskWebhook, Invocation, to_stamp
from connectors.sandbox.store import Store
from hub.clock import ShiftedClock

TIMEOUT_SECONDS = 12
PAUSE_SECONDS = 0.2
TRIES = {409: 3, 429: 3, 503: 3}
TRIES_WITHOUT_ANSWER = 5
LONGEST_WAIT_SECONDS = 60


@dataclass
class Pusher:
    """`transport` stands in for the network in tests."""

    store: Store[DeskState]
    clock: ShiftedClock
    transport: httpx.AsyncBaseTransport | None = None

    def __post_init__(self) -> None:
        self.under_way: set[asyncio.Task[None]] = set()

    def tell(self, ticket: DeskTicket, audit: DeskAudit) -> None:
        for event in audit.events:
            envelope = to_envelope(ticket, audit, event)
            for webhook in self.store.state.webhooks.values():
                if webhook.status == "active" and envelope["type"] in webhook.subscriptions:
                    self.start(webhook, envelope)

    def start(self, webhook: DeskWebhook, envelope: dict[str, Any]) -> Invocation:
        invocation = Invocation(id=uuid.uuid4().hex, envelope_id=str(envelope.get("id", "")))
        webhook.invocations.append(invocation)
        task = asyncio.get_running_loop().create_task(self._deliver(webhook, invocation, envelope))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return invocation

    async def settle(self) -> None:
        """Returns when nothing is under way: for tests."""
        while self.under_way:
            await asyncio.gather(*self.under_way)

    async def _deliver(self, webhook: DeskWebhook, invocation: Invocation, envelope: dict[str, Any]) -> None:
        raw = json.dumps(envelope).encode()
        async with httpx.AsyncClient(transport=self.transport, timeout=TIMEOUT_SECONDS) as client:
            while True:
                status, retry_after = await self._try(client, webhook, invocation, raw)
                if not _is_worth_another(status, retry_after, len(invocation.attempts)):
                    break
                await asyncio.sleep(retry_after or PAUSE_SECONDS)
        invocation.status = "success" if status is not None and status < 300 else "failed"
        invocation.latest_completed_at = self.clock.now()
        self.store.save()

    async def _try(
        self, client: httpx.AsyncClient, webhook: DeskWebhook, invocation: Invocation, raw: bytes
    ) -> tuple[int | None, int | None]:
        """The status, None where nobody answered; and the wait it asks for in seconds."""
        headers = self._headers(webhook, invocation, raw)
        try:
            answer = await client.request(webhook.http_method, webhook.endpoint, content=raw, headers=headers)
        except httpx.HTTPError as error:
            self._note(invocation, None, type(error).__name__)
            return None, None
        self._note(invocation, answer.status_code, "")
        wait = answer.headers.get("Retry-After", "")
        return answer.status_code, int(wait) if wait.isdigit() else None

    def _headers(self, webhook: DeskWebhook, invocation: Invocation, raw: bytes) -> dict[str, str]:
        stamp = to_stamp(self.clock.now())
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": "1",
            "X-Zendesk-Webhook-Id": webhook.id,
            "X-Zendesk-Webhook-Invocation-Id": invocation.id,
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            "X-Zendesk-Webhook-Signature": sign(webhook.secret, stamp, raw),
        }

    def _note(self, invocation: Invocation, status: int | None, error: str) -> None:
        at = to_stamp(self.clock.now())
        number = len(invocation.attempts) + 1
        attempt = {"id": f"{invocation.id}-{number}", "invocation_id": invocation.id, "completed_at": at}
        invocation.attempts.append({**attempt, "response": {"status": status}, "status": error or "completed"})


def sign(secret: str, timestamp: str, raw: bytes) -> str:
    """base64 of HMAC-SHA256; the secret is used as it is written, though it looks like base64."""
    digest = hmac.new(secret.encode("ascii"), digestmod=hashlib.sha256)
    digest.update(timestamp.encode("ascii"))
    digest.update(raw)
    return base64.b64encode(digest.digest()).decode()


def _is_worth_another(status: int | None, retry_after: int | None, tried: int) -> bool:
    if status is None:
        return tried < TRIES_WITHOUT_ANSWER
    asks_to_wait = retry_after is not None and retry_after < LONGEST_WAIT_SECONDS
    return tried < TRIES.get(status, 0) and (status == 409 or asks_to_wait)


def to_envelope(ticket: DeskTicket, audit: DeskAudit, event: dict[str, Any]) -> dict[str, Any]:
    """One event of an audit as a push: a comment was added, or a field changed from one value to another."""
    if event["type"] == "Comment":
        name, told = "comment_added", {"comment": {**event, "id": str(event["id"])}}
    else:
        name = f"{event['field_name']}_changed"
        told = {"current": event["value"], "previous": event["previous_value"]}
    return {
        "type": f"zen:event-type:ticket.{name}",
        "account_id": 1,
        "id": str(uuid.uuid4()),
        "subject": f"zen:ticket:{ticket.id}",
        "time": to_stamp(audit.created_at),
        "zendesk_event_version": "2022-11-06",
        "detail": {
            "id": str(ticket.id),
            "external_id": ticket.external_id,
            "subject": ticket.subject,
            "status": ticket.status.upper(),
            "requester_id": str(ticket.requester_id),
            "tags": ticket.tags,
            "created_at": to_stamp(ticket.created_at),
            "updated_at": to_stamp(ticket.updated_at),
        },
        "event": told,
    }
