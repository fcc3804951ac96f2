from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from connectors.publisher_desk.connector import PublisherDeskConnector, make_connector
from connectors.publisher_desk.settings import PublisherDeskSettings
from connectors.sandbox.publisher_desk import make_publisher_desk_sandbox, publisher_desk_credentials
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock
from hub.ports import RequestDraft

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock(START)


@pytest.fixture
def app(clock: ShiftedClock) -> FastAPI:
    return make_publisher_desk_sandbox(load_seed(), clock)


@pytest.fixture
def settings(app: FastAPI) -> PublisherDeskSettings:
    known = publisher_desk_credentials(app)
    return PublisherDeskSettings(
        base_url="https://publisher.example",
        email=known["email"],
        api_token=SecretStr(known["api_token"]),
        webhook_secret=SecretStr(f"{SECRET} another-secret"),
    )


@pytest.fixture
async def connector(
    app: FastAPI, settings: PublisherDeskSettings, clock: ShiftedClock
) -> AsyncIterator[PublisherDeskConnector]:
    connector = make_connector(settings, clock, SandboxTransport(app))
    yield connector
    await connector.close()


@pytest.fixture
async def orders(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """For what the publisher's people do, and for ordered faults."""
    async with httpx.AsyncClient(base_url="http://desk", transport=SandboxTransport(app)) as client:
        yield client


@pytest.fixture
def draft() -> Callable[..., RequestDraft]:
    def make(key: str = "luotsi-case-7-1", text: str = "The issue 2026-11 of HBR has not come.") -> RequestDraft:
        return RequestDraft(key=key, subject="HBR 2026-11 is missing", text=text)

    return make
