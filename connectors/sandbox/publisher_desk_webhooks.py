"""The desk's webhook endpoints. Their errors are a list of codes, unlike those of tickets and users."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from connectors.sandbox.publisher_desk_push import Pusher
from connectors.sandbox.publisher_desk_rules import DeskError, WebhookOrder, cursor_page, get_caller, read_order
from connectors.sandbox.publisher_desk_state import (
    DeskWebhook,
    Invocation,
    make_secret,
    to_stamp,
    webhook_json,
)


def get_pusher(request: Request) -> Pusher:
    pusher: Pusher = request.app.state.pusher
    return pusher


Pushing = Annotated[Pusher, Depends(get_pusher)]
webhook_routes = APIRouter(prefix="/api/v2/webhooks", dependencies=[Depends(get_caller)])


def get_webhook(webhook_id: str, pusher: Pushing) -> DeskWebhook:
    webhook = pusher.store.state.webhooks.get(webhook_id)
    if webhook is None:
        raise DeskError(404, {"errors": [{"code": "WebhookNotFound", "title": "Webhook not found"}]})
    return webhook


Known = Annotated[DeskWebhook, Depends(get_webhook)]


@webhook_routes.get("")
async def list_webhooks(request: Request, pusher: Pushing) -> dict[str, Any]:
    return cursor_page(request, "webhooks", list(pusher.store.state.webhooks.values()), webhook_json)


@webhook_routes.post("", status_code=201)
async def create(request: Request, pusher: Pushing) -> dict[str, Any]:
    order, now = await read_order(request, "webhook", WebhookOrder), pusher.clock.now()
    id_ = f"01DESK{pusher.store.state.next_id()}"
    webhook = DeskWebhook(id=id_, secret=make_secret(), created_at=now, updated_at=now, **order.model_dump())
    pusher.store.state.webhooks[id_] = webhook
    pusher.store.save()
    return {"webhook": webhook_json(webhook)}


@webhook_routes.post("/test")
async def test(request: Request, webhook: Known, pusher: Pushing) -> dict[str, Any]:
    body = (await request.json()).get("request", {}).get("payload") or "{}"
    invocation = pusher.start(webhook, json.loads(body))
    await pusher.settle()
    return {"response": invocation.attempts[-1]["response"]}


@webhook_routes.get("/{webhook_id}")
async def show(request: Request, webhook: Known) -> dict[str, Any]:
    return {"webhook": webhook_json(webhook)}


@webhook_routes.put("/{webhook_id}", status_code=204)
async def replace(request: Request, webhook: Known, pusher: Pushing) -> None:
    order = await read_order(request, "webhook", WebhookOrder)
    changed = webhook.model_copy(update={**order.model_dump(), "updated_at": pusher.clock.now()})
    pusher.store.state.webhooks[webhook.id] = changed
    pusher.store.save()


@webhook_routes.delete("/{webhook_id}", status_code=204)
async def delete(request: Request, webhook: Known, pusher: Pushing) -> None:
    del pusher.store.state.webhooks[webhook.id]
    pusher.store.save()


@webhook_routes.get("/{webhook_id}/signing_secret")
async def signing_secret(request: Request, webhook: Known) -> dict[str, Any]:
    return _secret_json(webhook)


@webhook_routes.post("/{webhook_id}/signing_secret", status_code=201)
async def reset_secret(request: Request, webhook: Known, pusher: Pushing) -> dict[str, Any]:
    webhook.secret = make_secret()
    pusher.store.save()
    return _secret_json(webhook)


@webhook_routes.get("/{webhook_id}/invocations")
async def invocations(request: Request, webhook: Known) -> dict[str, Any]:
    rows = list(reversed(webhook.invocations))
    return cursor_page(request, "invocations", rows, _invocation_json)


@webhook_routes.get("/{webhook_id}/invocations/{invocation_id}/attempts")
async def attempts(request: Request, webhook: Known, invocation_id: str) -> dict[str, Any]:
    return {"attempts": [a for i in webhook.invocations if i.id == invocation_id for a in i.attempts]}


def _secret_json(webhook: DeskWebhook) -> dict[str, Any]:
    return {"signing_secret": {"algorithm": "SHA256", "secret": webhook.secret}}


def _invocation_json(invocation: Invocation) -> dict[str, Any]:
    done = invocation.latest_completed_at
    return {
        "id": invocation.id,
        "status": invocation.status,
        "status_code": invocation.attempts[-1]["response"]["status"] if invocation.attempts else None,
        "latest_completed_at": to_stamp(done) if done else None,
    }
