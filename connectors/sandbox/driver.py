"""What a story speaks HTTP with: orders to sandboxes, the hub's API and pages, the mail catcher; and who called."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.clock import Clock

Json = Any


@dataclass(frozen=True)
class Answer:
    """`body` is its JSON, None where it has none."""

    status: int
    text: str
    body: Json = None


class Driver:
    """One party's way to one server. `token` is a bearer token, `login` a name and a password."""

    def __init__(self, url: str, *, token: str = "", login: tuple[str, str] | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.url = url
        self.client = httpx.AsyncClient(base_url=url, headers=headers, auth=login, timeout=30)

    async def call(self, method: str, path: str, body: Json = None) -> Answer:
        """Whatever it answers."""
        answer = await self.client.request(method, path, json=body)
        is_json = bool(answer.content) and "json" in answer.headers.get("Content-Type", "")
        return Answer(answer.status_code, answer.text, answer.json() if is_json else None)

    async def get(self, path: str) -> Json:
        return await self._get_body("GET", path)

    async def post(self, path: str, body: Json) -> Json:
        return await self._get_body("POST", path, body)

    async def patch(self, path: str, body: Json) -> Json:
        return await self._get_body("PATCH", path, body)

    async def delete(self, path: str) -> None:
        await self._get_body("DELETE", path)

    async def _get_body(self, method: str, path: str, body: Json = None) -> Json:
        answer = await self.call(method, path, body)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {self.url}{path} answered {answer.status}: {answer.text[:300]}")
        return answer.body

    async def close(self) -> None:
        await self.client.aclose()


@dataclass(frozen=True)
class Visit:
    """One call that a partner got from the hub."""

    partner: str
    path: str
    began_at: datetime
    ended_at: datetime


@dataclass
class VisitBook:
    """Goes around a sandbox and writes down its callers; the story's own orders are left out."""

    partner: str
    app: ASGIApp
    clock: Clock
    visits: list[Visit] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_at = self.clock.now()
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and not scope["path"].startswith("/_sandbox"):
                self.visits.append(Visit(self.partner, scope["path"], began_at, self.clock.now()))
