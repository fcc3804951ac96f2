"""Notifications V2 as Apple pushes them: POST of `{"signedPayload"}`, one attempt, as in Apple's own sandbox."""

from __future__ import annotations

import asyncio

import httpx

from connectors.sandbox.app_store_shop import Attempt, Notification, Shop
from connectors.sandbox.app_store_wire import Writer


class Pusher:
    """Sends in the background, in order, so that neither a slow hub nor a cut connection holds anything up."""

    def __init__(self, shop: Shop, writer: Writer) -> None:
        self.shop, self.writer = shop, writer
        self.running: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        due, self.shop.to_push = self.shop.to_push, []
        url = self.shop.state.notify_url
        if due and url:
            task = asyncio.create_task(self._push(due, url))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    async def _push(self, due: list[Notification], url: str) -> None:
        async with httpx.AsyncClient(timeout=10) as client:
            for notification in due:
                result = await self._attempt(client, notification, url)
                notification.attempts.append(Attempt(at=self.shop.clock.now(), result=result))
        self.shop.store.save()

    async def _attempt(self, client: httpx.AsyncClient, notification: Notification, url: str) -> str:
        try:
            answer = await client.post(url, json={"signedPayload": self.writer.notification(notification)})
        except httpx.TimeoutException:
            return "TIMED_OUT"
        except httpx.HTTPError:
            return "NO_RESPONSE"
        return "SUCCESS" if 200 <= answer.status_code <= 206 else "UNSUCCESSFUL_HTTP_RESPONSE_CODE"
