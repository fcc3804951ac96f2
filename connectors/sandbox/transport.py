"""Speak to a sandbox in the same process: the real client and retries run, with no socket between."""

from __future__ import annotations

import httpx
from fastapi import FastAPI

from connectors.sandbox.misbehave import ConnectionCut


class SandboxTransport(httpx.ASGITransport):
    """A cut that the sandbox was ordered to make is seen by the client as a broken connection."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionCut as cut:
            raise httpx.ReadError("connection cut", request=request) from cut
