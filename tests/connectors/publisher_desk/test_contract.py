from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from connectors.publisher_desk.connector import PublisherDeskConnector, make_connector
from connectors.publisher_desk.settings import PublisherDeskSettings
from connectors.publisher_desk.signature import sign
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock
from tests.connectors.contract import ConnectorContract, Push


class TestContract(ConnectorContract):
    @pytest.fixture
    async def wrong_connector(
        self, app: FastAPI, settings: PublisherDeskSettings, clock: ShiftedClock
    ) -> AsyncIterator[PublisherDeskConnector]:
        wrong = settings.model_copy(update={"api_token": SecretStr("not-the-token")})
        connector = make_connector(wrong, clock, SandboxTransport(app))
        yield connector
        await connector.close()

    @pytest.fixture
    def secrets(self, settings: PublisherDeskSettings) -> tuple[str, ...]:
        return (settings.api_token.get_secret_value(), "not-the-token", *settings.webhook_secrets)

    @pytest.fixture
    def forged(self, settings: PublisherDeskSettings, clock: ShiftedClock) -> list[Push]:
        raw = b'{"id":"e1","type":"t","subject":"zen:ticket:1","time":"2026-11-20T09:00:00Z"}'
        return [
            push("another secret", clock, raw),
            push(settings.webhook_secrets[0], clock, raw, age=timedelta(seconds=302)),
            (push(settings.webhook_secrets[0], clock, raw)[0], raw.replace(b"ticket:1", b"ticket:2")),
        ]


def push(secret: str, clock: ShiftedClock, raw: bytes, age: timedelta = timedelta(0)) -> Push:
    stamp = (clock.now() - age).isoformat()
    headers = {
        "X-Zendesk-Webhook-Signature": sign(secret, stamp, raw),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    return headers, raw
