"""How a sandbox's server is bad when it was ordered to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.middleware.base import RequestResponseEndpoint
from starlette.types import Receive, Scope, Send

from connectors.sandbox.faults import Fault, WireFault


class ConnectionCut(Exception):
    """The sandbox hangs up. Raised through the server so that the client sees a broken connection."""


class HangUp(Response):
    """Begins an answer and breaks off: uvicorn then drops the connection, and SandboxTransport raises. A server that
    has sent nothing would turn the exception into a 500."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1000000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise ConnectionCut


async def misbehave(fault: Fault, request: Request, call_next: RequestResponseEndpoint) -> Response:
    match WireFault(fault.kind):
        case WireFault.LATENCY:
            await asyncio.sleep(fault.seconds)
            return await call_next(request)
        case WireFault.DRIP:
            return _drip(await call_next(request), fault.seconds)
        case WireFault.CUT_BEFORE:
            return HangUp()
        case WireFault.CUT:
            await _read_body(await call_next(request))
            return HangUp()
        case WireFault.SHAPE:
            return JSONResponse({"unexpected": [fault.kind]})
        case WireFault.GARBAGE:
            return PlainTextResponse("<html>it works</html>", media_type="application/json")
    stated = {"Retry-After": fault.retry_after} if fault.retry_after else None
    return JSONResponse({"error": "ordered fault"}, status_code=int(fault.kind), headers=stated)


async def _read_body(response: Response) -> bytes:
    # What call_next gives is a streaming response, though its declared type does not say so.
    chunks = [chunk async for chunk in response.body_iterator]  # type: ignore[attr-defined]
    return b"".join(chunks)


def _drip(response: Response, seconds: float) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        for byte in await _read_body(response):
            yield bytes([byte])
            await asyncio.sleep(seconds)

    return StreamingResponse(drops(), response.status_code, dict(response.headers))
