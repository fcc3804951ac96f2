"""Sandbox partners over real sockets: one port each, in one process."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from connectors.sandbox.misbehave import ConnectionCut


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Several servers share the process, and its signals are the caller's."""
        yield


def listen(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Port 0 is any free one; which, the socket says."""
    return socket.create_server((host, port), reuse_port=False)


def _is_no_ordered_cut(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], ConnectionCut)


logging.getLogger("uvicorn.error").addFilter(_is_no_ordered_cut)


@asynccontextmanager
async def served(apps: Mapping[str, tuple[ASGIApp, socket.socket]]) -> AsyncIterator[dict[str, str]]:
    """All of them at once, while it lasts; yields the address of each by name."""
    servers = [_Server(_configure(app)) for app, _ in apps.values()]
    listeners = [listener for _, listener in apps.values()]
    serving = [asyncio.create_task(s.serve([at])) for s, at in zip(servers, listeners, strict=True)]
    try:
        while not all(s.started or t.done() for s, t in zip(servers, serving, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield {name: to_url(listener) for name, (_, listener) in apps.items()}
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*serving)


def to_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def _configure(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="auto",
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )


async def order_notifications(app: FastAPI, url: str) -> None:
    """Tell a sandbox where to push its events; one that does not push has no such order."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        answer = await client.post("/_sandbox/notify", json={"url": url})
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()
