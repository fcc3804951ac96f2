"""The connector against its sandbox, in one process and on one clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from connectors.app_store.connector import AppStoreConnector, make_connector
from connectors.app_store.settings import AppStoreSettings
from connectors.sandbox.app_store import app_store_credentials, make_app_store_sandbox
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock
from hub.ports import Hints, Ref

MATTI = "matti.lukija@example.com"
HBR_ORDER = "MK7XQ2L9TR"
START = datetime(2026, 11, 5, 9, tzinfo=UTC)
BASE = "http://app-store.test"


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock(START)


@pytest.fixture
def app(clock: ShiftedClock) -> FastAPI:
    return make_app_store_sandbox(load_seed(), clock)


@pytest.fixture
def settings(app: FastAPI) -> AppStoreSettings:
    return AppStoreSettings.model_validate({**app_store_credentials(app), "base_url": BASE})


@pytest.fixture
async def connector(app: FastAPI, settings: AppStoreSettings, clock: ShiftedClock) -> AsyncIterator[AppStoreConnector]:
    connector = make_connector(settings, clock, SandboxTransport(app))
    yield connector
    await connector.close()


@pytest.fixture
async def orders(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Tells the sandbox what to do."""
    async with httpx.AsyncClient(transport=SandboxTransport(app), base_url=BASE + "/_sandbox") as client:
        yield client


@pytest.fixture
def hints(clock: ShiftedClock) -> Callable[..., Hints]:
    """Hints of Matti's case, at the clock's time."""

    def make(**known: Any) -> Hints:
        return Hints(**{"emails": (MATTI,), "at": clock.now()} | known)

    return make


@pytest.fixture
async def hbr(connector: AppStoreConnector, hints: Callable[..., Hints]) -> Ref:
    """Matti's HBR subscription."""
    [ref] = await connector.identify(hints(order_numbers=(HBR_ORDER,), publication="hbr"))
    return ref
