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
BASE = "http://app-store.test"


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock(datetime(2026, 11, 5, 9, tzinfo=UTC))


@pytest.fixture
def sandbox(clock: ShiftedClock) -> FastAPI:
    return make_app_store_sandbox(load_seed(), clock)


@pytest.fixture
def settings(sandbox: FastAPI) -> AppStoreSettings:
    return AppStoreSettings.model_validate({**app_store_credentials(sandbox), "base_url": BASE})


@pytest.fixture
def connector(sandbox: FastAPI, settings: AppStoreSettings, clock: ShiftedClock) -> AppStoreConnector:
    return make_connector(settings, clock, SandboxTransport(sandbox))


@pytest.fixture
async def orders(sandbox: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Tells the sandbox what to do."""
    async with httpx.AsyncClient(transport=SandboxTransport(sandbox), base_url=BASE + "/_sandbox") as client:
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
