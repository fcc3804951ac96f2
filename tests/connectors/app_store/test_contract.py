from __future__ import annotations

import json
from datetime import timedelta
from typing import ClassVar

import pytest
from fastapi import FastAPI

from connectors.app_store.connector import AppStoreConnector, make_connector
from connectors.app_store.settings import AppStoreSettings
from connectors.sandbox.app_store import make_app_store_sandbox
from connectors.sandbox.app_store_wire import Writer, to_millis
from connectors.sandbox.seed import load_seed
from hub.clock import ShiftedClock
from hub.ports import Hints
from tests.connectors.app_store.conftest import HBR_ORDER, MATTI, START
from tests.connectors.contract import ConnectorContract, Happen, Orders, Push


class TestContract(ConnectorContract):
    make = staticmethod(make_connector)
    wrong: ClassVar = {"key_id": "ABCDEFGHIJ"}
    retry_after = str(to_millis(START + timedelta(seconds=2)))

    @pytest.fixture
    def settings(self, settings: AppStoreSettings) -> AppStoreSettings:
        """A month of notifications: every one is verified, and half a year of them takes seconds."""
        return settings.model_copy(update={"history_days": 30})

    @pytest.fixture
    def secrets(self, settings: AppStoreSettings, connector: AppStoreConnector) -> tuple[str, ...]:
        """The lines of the key between its first and last, and the beginning of every token made with it."""
        return (*settings.private_key.get_secret_value().splitlines()[1:-1], "eyJhbGciOiJFUzI1NiIsImtpZCI")

    @pytest.fixture
    def hints(self, clock: ShiftedClock) -> Hints:
        return Hints(emails=(MATTI,), order_numbers=(HBR_ORDER,), publication="hbr", at=clock.now())

    @pytest.fixture
    def forged(self, app: FastAPI, clock: ShiftedClock) -> list[Push]:
        """Of a stranger with certificates of the same names, and of Apple but altered."""
        stranger = to_push(make_app_store_sandbox(load_seed(), clock))
        header, _, signature = to_push(app).split(".")
        altered = f"{header}.{stranger.split('.')[1]}.{signature}"
        return [({}, json.dumps({"signedPayload": jws}).encode()) for jws in (stranger, altered)]

    @pytest.fixture
    def happen(self, orders: Orders) -> Happen:
        async def expire_and_resubscribe(times: int) -> None:
            for _ in range(times):
                await orders.fail("expired", link="entitled", customer=MATTI)
                await orders.mend()

        return expire_and_resubscribe


def to_push(app: FastAPI) -> str:
    return Writer(app.state.credentials).notification(app.state.store.state.notifications[0])
