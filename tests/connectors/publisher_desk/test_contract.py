from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest
from pydantic import SecretStr

from connectors.publisher_desk.connector import make_connector
from connectors.publisher_desk.settings import PublisherDeskSettings
from connectors.publisher_desk.signature import sign
from hub.clock import ShiftedClock
from tests.connectors.contract import ConnectorContract, Push


class TestContract(ConnectorContract):
    make = staticmethod(make_connector)
    wrong: ClassVar = {"api_token": SecretStr("not-the-token")}

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
