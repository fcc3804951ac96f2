"""Live updates: one LISTEN connection a process, fanned out to every open page as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import asyncpg
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.auth.caller import Reader
from api.depends import Transaction
from hub.cases import get_case_by_number
from hub.database import CHANGED, keep_connected

router = APIRouter(include_in_schema=False)
BEAT = 15.0  # seconds between signs of life, so that no proxy takes the stream for dead
TURNS = 20  # beats until a stream ends: the browser comes back, and its rights are looked at again
CALM = 0.2  # seconds: what changes in one go is told once


class Watcher:
    """One open page. `case_id` None is told of every case."""

    def __init__(self, case_id: int | None) -> None:
        self.case_id = case_id
        self._changed = asyncio.Event()

    def tell(self, case_id: int | None) -> None:
        if case_id is None or self.case_id in (None, case_id):
            self._changed.set()

    async def wait(self, seconds: float) -> bool:
        """Whether something changed within that time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
                await asyncio.sleep(CALM)
        changed = self._changed.is_set()
        self._changed.clear()
        return changed


class Changes:
    """`url` is the database's, as SQLAlchemy writes it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._watchers: set[Watcher] = set()
        self.listening = asyncio.Event()
        self.is_closed = False

    def close(self) -> None:
        """Before the server stops: every open stream ends by itself, so that nothing waits for it."""
        self.is_closed = True
        self._tell(None)

    @contextmanager
    def watch(self, case_id: int | None) -> Iterator[Watcher]:
        watcher = Watcher(case_id)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    async def listen(self) -> None:
        """For ever; after a lost connection everyone is told, since something may have been missed."""
        await keep_connected(self.url, self._start, self.listening.clear)

    async def _start(self, connection: asyncpg.Connection) -> None:
        await connection.add_listener(CHANGED, self._on_notice)
        self._tell(None)
        self.listening.set()

    def _on_notice(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        self._tell(int(payload) if payload.isdecimal() else None)

    def _tell(self, case_id: int | None) -> None:
        for watcher in self._watchers:
            watcher.tell(case_id)


@asynccontextmanager
async def listening(changes: Changes) -> AsyncIterator[None]:
    task = asyncio.create_task(changes.listen())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@router.get("/live")
async def stream_changes(request: Request, caller: Reader, session: Transaction, case: int | None = None) -> Response:
    """Events `ready`, when the stream (again) began, and `changed`. The page then loads itself anew."""
    case_id = (await get_case_by_number(session, case)).id if case is not None else None
    stream = to_events(request.app.state.changes, case_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def to_events(changes: Changes, case_id: int | None, beat: float = BEAT) -> AsyncIterator[str]:
    with changes.watch(case_id) as watcher:
        yield "retry: 1000\nevent: ready\ndata:\n\n"
        for _ in range(TURNS):
            changed = await watcher.wait(beat)
            if changes.is_closed:
                return
            yield "event: changed\ndata:\n\n" if changed else ": still here\n\n"
