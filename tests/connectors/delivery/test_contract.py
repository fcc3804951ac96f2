from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import SecretStr

from connectors.delivery.connector import DeliveryConnector, make_connector
from connectors.delivery.settings import DeliverySettings
from hub.clock import ShiftedClock
from hub.ports import Hints
from tests.connectors.contract import ConnectorContract, Happen, Known


class TestContract(ConnectorContract):
    make = staticmethod(make_connector)
    wrong: ClassVar = {"password": SecretStr("not-the-password")}
    public = frozenset({"publications"})  # the feed

    @pytest.fixture
    def secrets(self, settings: DeliverySettings) -> tuple[str, ...]:
        kept = (settings.password, settings.passphrase_key)
        return ("not-the-password", *(secret.get_secret_value() for secret in kept))

    @pytest.fixture
    def hints(self, clock: ShiftedClock) -> Hints:
        return Hints(emails=("matti.lukija@example.com",), publication="hbr", issue="2026-11", at=clock.now())

    @pytest.fixture
    async def known(self, connector: DeliveryConnector, hints: Hints) -> Known:
        """The delivered link: the other one is read from the public feed, and has no remedy."""
        return Known(hints, (await connector.identify(hints))[1])

    @pytest.fixture
    def happen(self, connector: DeliveryConnector, known: Known) -> Happen:
        async def deliver_again(times: int) -> None:
            assert known.ref is not None
            (remedy,) = await connector.remedies(known.ref)
            for _ in range(times):
                await connector.apply(remedy, "luotsi-contract")

        return deliver_again
