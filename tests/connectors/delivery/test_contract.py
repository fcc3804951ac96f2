from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from connectors.delivery.connector import DeliveryConnector, make_connector
from connectors.delivery.settings import DeliverySettings
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock
from hub.errors import Refused
from hub.ports import Hints
from tests.connectors.contract import READS, ConnectorContract, Happen, Known


class TestContract(ConnectorContract):
    @pytest.fixture
    async def wrong_connector(
        self, app: FastAPI, settings: DeliverySettings, clock: ShiftedClock
    ) -> AsyncIterator[DeliveryConnector]:
        wrong = settings.model_copy(update={"password": SecretStr("not-the-password")})
        connector = make_connector(wrong, clock, SandboxTransport(app))
        yield connector
        await connector.close()

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

    @pytest.mark.parametrize("read", [name for name in READS if name != "publications"])
    async def test_wrong_credentials_refuse_every_read(
        self, read: str, wrong_connector: DeliveryConnector, known: Known, needs: Any
    ) -> None:
        """Save the catalogue, which is the public feed's."""
        capability, call = READS[read]
        needs(capability)
        with pytest.raises(Refused):
            await call(wrong_connector, known)

    async def test_the_public_feed_is_read_whatever_the_password(self, wrong_connector: DeliveryConnector) -> None:
        assert len(await wrong_connector.publications()) > 0
