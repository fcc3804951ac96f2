from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from connectors.delivery.connector import DeliveryConnector, make_connector
from connectors.delivery.settings import DeliverySettings
from connectors.holders import holder_id
from connectors.sandbox.delivery import delivery_credentials, make_delivery_sandbox
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock
from hub.ports import Observation, Ref, Remedy

START = datetime(2026, 11, 5, 9, tzinfo=UTC)
MATTI = "matti.lukija@example.com"
ITEM = "hbr/2026-11"
Order = Callable[..., Awaitable[None]]
Observe = Callable[..., Awaitable[Observation]]


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock(START)


@pytest.fixture
def app(clock: ShiftedClock) -> FastAPI:
    return make_delivery_sandbox(load_seed(), clock)


@pytest.fixture
def settings(app: FastAPI) -> DeliverySettings:
    known = delivery_credentials(app)
    return DeliverySettings(
        base_url="https://licences.example",
        feed_url=f"https://publisher.example{known['feed_url']}",
        username=known["username"],
        password=SecretStr(known["password"]),
        passphrase_key=SecretStr(known["passphrase_key"]),
    )


@pytest.fixture
async def connector(app: FastAPI, settings: DeliverySettings, clock: ShiftedClock) -> AsyncIterator[DeliveryConnector]:
    connector = make_connector(settings, clock, SandboxTransport(app))
    yield connector
    await connector.close()


@pytest.fixture
async def sandbox(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url="https://licences.example", transport=SandboxTransport(app)) as client:
        yield client


@pytest.fixture
def fail(sandbox: httpx.AsyncClient) -> Order:
    async def order(kind: str, link: str | None = None, **more: Any) -> None:
        (await sandbox.post("/_sandbox/faults", json={"kind": kind, "link": link, **more})).raise_for_status()

    return order


@pytest.fixture
def mend(sandbox: httpx.AsyncClient) -> Order:
    async def clear() -> None:
        (await sandbox.delete("/_sandbox/faults")).raise_for_status()

    return clear


@pytest.fixture
def published() -> Ref:
    return Ref(partner="delivery", link="published", kind="issue", id=ITEM, item=ITEM)


@pytest.fixture
def delivered() -> Ref:
    return Ref(partner="delivery", link="delivered", kind="holder", id=holder_id(MATTI), item=ITEM)


@pytest.fixture
async def redeliver(connector: DeliveryConnector, delivered: Ref) -> Remedy:
    return (await connector.remedies(delivered))[0]


@pytest.fixture
def licences(sandbox: httpx.AsyncClient) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """As the sandbox shows them, newest first."""

    async def list_of(item: str = ITEM, customer: str = MATTI) -> list[dict[str, Any]]:
        shown = (await sandbox.get("/_sandbox/state")).json()["licences"]
        return [one for one in shown if (one["item"], one["customer"]) == (item, customer)]

    return list_of
