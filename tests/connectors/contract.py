"""What every connector keeps, whatever its partner: inherit, fill the fixtures, and all of it runs.

A subclass says `make` and `wrong`. It, or its conftest, gives the fixtures `app` (its sandbox), `clock`, `settings`,
`connector` (over SandboxTransport) and `secrets`; `hints` where it identifies; `forged` where it takes pushes; `happen`
where it has changes. Tests of what it does not support are skipped.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from connectors.quality import HERE, Manifest, read_manifest
from connectors.sandbox.faults import WireFault
from connectors.sandbox.transport import SandboxTransport
from hub.clock import Clock, ShiftedClock
from hub.errors import ContractBroken, PartnerError, Refused, RetryLater
from hub.ports import (
    Capability,
    Connector,
    Event,
    Hints,
    LinkStatus,
    Observation,
    OutcomeState,
    Ref,
    RequestDraft,
)

Push = tuple[dict[str, str], bytes]
Happen = Callable[[int], Awaitable[None]]
OUTAGES = (WireFault.ERROR, WireFault.DOWN, WireFault.CUT, WireFault.CUT_BEFORE)


class Orders:
    """Tells the sandbox what to do, in the way that every sandbox understands."""

    def __init__(self, app: FastAPI) -> None:
        self.client = httpx.AsyncClient(base_url="http://sandbox", transport=SandboxTransport(app))

    async def fail(self, kind: str, **more: str) -> None:
        answer = await self.client.post("/_sandbox/faults", json={"kind": kind, **more})
        answer.raise_for_status()

    async def mend(self) -> None:
        (await self.client.delete("/_sandbox/faults")).raise_for_status()


@dataclass(frozen=True)
class Known:
    """What there is to read of, made while all was well; None where the connector does not support it."""

    hints: Hints
    ref: Ref | None = None
    request: str = ""


async def _observe(connector: Connector, known: Known) -> Observation:
    assert known.ref is not None
    return await connector.observe(known.ref)


async def _remedies(connector: Connector, known: Known) -> Any:
    assert known.ref is not None
    return await connector.remedies(known.ref)


READS: dict[str, tuple[Capability, Callable[[Connector, Known], Awaitable[Any]]]] = {
    "identify": (Capability.IDENTIFY, lambda connector, known: connector.identify(known.hints)),
    "observe": (Capability.OBSERVE, _observe),
    "remedies": (Capability.REMEDIES, _remedies),
    "read_request": (Capability.REQUESTS, lambda connector, known: connector.read_request(known.request)),
    "find_request": (Capability.REQUESTS, lambda connector, known: connector.find_request("luotsi-contract")),
    "changes": (Capability.CHANGES, lambda connector, known: connector.changes(None)),
    "publications": (Capability.CATALOGUE, lambda connector, known: connector.publications()),
}
UNSUPPORTED: dict[Capability, Callable[[Connector, Known], Awaitable[Any]]] = {
    Capability.IDENTIFY: lambda connector, known: connector.identify(known.hints),
    Capability.REQUESTS: lambda connector, known: connector.find_request("luotsi-contract"),
    Capability.CHANGES: lambda connector, known: connector.changes(None),
    Capability.CATALOGUE: lambda connector, known: connector.publications(),
}
each_read = pytest.mark.parametrize("read", READS)


def steady(value: Any) -> Any:
    """A read's answer as JSON, without what may differ from one moment to the next."""
    if isinstance(value, Observation):
        return value.model_dump(mode="json", exclude={"at", "evidence"})
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude={"cursor"})
    return [steady(part) for part in value] if isinstance(value, list | tuple) else value


async def read_changes(connector: Connector, cursor: str | None) -> tuple[list[Event], list[tuple[int, str]]]:
    """All events until the end, and after how many of them each cursor stood."""
    events: list[Event] = []
    cursors: list[tuple[int, str]] = []
    end = False
    while not end:
        page = await connector.changes(cursor)
        cursor, end = page.cursor, page.end
        events += page.events
        cursors.append((len(events), cursor))
    return events, cursors


class ConnectorContract:
    retry_after: ClassVar[str] = "2"
    """How this partner writes "in two seconds"; empty where it never says when to come back."""
    make: ClassVar[Callable[..., Connector]]
    """The partner's make_connector, as a staticmethod."""
    wrong: ClassVar[dict[str, Any]]
    """Settings with which the partner does not let us in."""
    public: ClassVar[frozenset[str]] = frozenset()
    """Reads that anyone may do, without credentials."""

    @pytest.fixture
    async def wrong_connector(self, app: FastAPI, settings: BaseSettings, clock: Clock) -> AsyncIterator[Connector]:
        connector = self.make(settings.model_copy(update=self.wrong), clock, SandboxTransport(app))
        yield connector
        await connector.close()

    @pytest.fixture
    def hints(self, clock: ShiftedClock) -> Hints:
        """Of a customer that the partner knows."""
        return Hints(at=clock.now())

    @pytest.fixture
    def forged(self, clock: ShiftedClock) -> list[Push]:
        """Pushes that the partner did not sign, or that were altered or kept too long."""
        return []

    @pytest.fixture
    def happen(self, connector: Connector) -> Happen:
        """Makes so many changes at the partner. This one is for desks."""

        async def open_requests(times: int) -> None:
            for number in range(times):
                await connector.open_request(RequestDraft(key=f"luotsi-happens-{number}", subject="s", text="t"))

        return open_requests

    @pytest.fixture
    def orders(self, app: FastAPI) -> Orders:
        return Orders(app)

    @pytest.fixture
    def needs(self, connector: Connector) -> Callable[[Capability], None]:
        def check(capability: Capability) -> None:
            if capability not in connector.supports:
                pytest.skip(f"{connector.partner} does not support {capability}")

        return check

    @pytest.fixture
    async def known(self, connector: Connector, hints: Hints) -> Known:
        ref, request = None, ""
        if Capability.OBSERVE in connector.supports:
            ref = (await connector.identify(hints))[0]
        if Capability.REQUESTS in connector.supports:
            draft = RequestDraft(key="luotsi-contract", subject="s", text="t")
            request = (await connector.open_request(draft)).ref
        return Known(hints, ref, request)

    # The manifest

    @pytest.fixture
    def manifest(self, connector: Connector) -> Manifest:
        return read_manifest(HERE / connector.partner / "manifest.yaml")

    def test_the_manifest_says_what_the_connector_supports(self, manifest: Manifest, connector: Connector) -> None:
        assert (manifest.partner, manifest.supports) == (connector.partner, connector.supports)

    async def test_the_manifest_names_the_links_and_remedies_that_there_are(
        self, manifest: Manifest, connector: Connector, known: Known, needs: Any
    ) -> None:
        needs(Capability.OBSERVE)
        refs, remedies = await connector.identify(known.hints), await _remedies(connector, known)
        assert {ref.link for ref in refs} == set(manifest.links)
        assert {remedy.kind: remedy.mode for remedy in remedies}.items() <= manifest.remedies.items()

    # Check before use

    async def test_check_says_that_all_is_well(self, connector: Connector) -> None:
        assert (await connector.check()).ok

    async def test_check_says_why_wrong_credentials_will_not_do(
        self, wrong_connector: Connector, secrets: tuple[str, ...]
    ) -> None:
        health = await wrong_connector.check()
        assert (health.ok, health.detail != "") == (False, True)
        assert not any(secret in health.detail for secret in secrets)

    async def test_check_says_that_the_partner_is_down(self, connector: Connector, orders: Orders) -> None:
        await orders.fail("503")
        health = await connector.check()
        assert (health.ok, health.detail != "") == (False, True)

    # Errors decide the reaction

    @each_read
    async def test_a_rate_limit_says_when_to_come_back(
        self, read: str, connector: Connector, known: Known, orders: Orders, clock: ShiftedClock, needs: Any
    ) -> None:
        capability, call = READS[read]
        needs(capability)
        await orders.fail("429", retry_after=self.retry_after)
        with pytest.raises(RetryLater) as limited:
            await call(connector, known)
        assert (limited.value.after is not None) == (self.retry_after != "")

    @pytest.mark.parametrize("kind", OUTAGES)
    async def test_an_outage_is_for_later(self, kind: str, connector: Connector, known: Known, orders: Orders) -> None:
        _, call = next(read for read in READS.values() if read[0] in connector.supports)
        await orders.fail(kind)
        with pytest.raises(RetryLater):
            await call(connector, known)

    @each_read
    async def test_a_changed_shape_is_kept_and_told(
        self, read: str, connector: Connector, known: Known, orders: Orders, needs: Any
    ) -> None:
        capability, call = READS[read]
        needs(capability)
        await orders.fail("shape")
        with pytest.raises(ContractBroken) as broken:
            await call(connector, known)
        assert broken.value.payload == {"unexpected": ["shape"]}

    @each_read
    async def test_wrong_credentials_refuse_every_read(
        self, read: str, wrong_connector: Connector, known: Known, needs: Any
    ) -> None:
        capability, call = READS[read]
        needs(capability)
        with nullcontext() if read in self.public else pytest.raises(Refused):
            await call(wrong_connector, known)

    @pytest.mark.parametrize("capability", UNSUPPORTED)
    async def test_what_is_not_supported_says_so(
        self, capability: Capability, connector: Connector, known: Known
    ) -> None:
        if capability in connector.supports:
            pytest.skip("supported")
        with pytest.raises(NotImplementedError):
            await UNSUPPORTED[capability](connector, known)

    async def test_a_partner_that_stays_down_is_logged_once(
        self, connector: Connector, known: Known, orders: Orders, caplog: pytest.LogCaptureFixture
    ) -> None:
        _, call = next(read for read in READS.values() if read[0] in connector.supports)
        await orders.fail("503")
        for _ in range(8):
            with pytest.raises(RetryLater):
                await call(connector, known)
        told = [record for record in caplog.records if record.name.startswith("connectors.")]
        assert [(record.levelname, connector.partner in record.getMessage()) for record in told] == [("WARNING", True)]

    # Reads

    @each_read
    async def test_a_read_changes_nothing(self, read: str, connector: Connector, known: Known, needs: Any) -> None:
        capability, call = READS[read]
        needs(capability)
        assert steady(await call(connector, known)) == steady(await call(connector, known))

    async def test_a_stranger_is_nobody(self, connector: Connector, clock: ShiftedClock, needs: Any) -> None:
        needs(Capability.IDENTIFY)
        stranger = Hints(emails=("nobody@nowhere.example",), order_numbers=("NOSUCHORDER",), at=clock.now())
        assert await connector.identify(stranger) == []

    async def test_an_observation_carries_evidence_and_goes_to_json_and_back(
        self, connector: Connector, known: Known, needs: Any
    ) -> None:
        needs(Capability.OBSERVE)
        seen = await _observe(connector, known)
        assert seen.evidence
        assert seen.status in set(LinkStatus)
        assert Observation.model_validate_json(seen.model_dump_json()) == seen

    # Writes

    async def test_a_remedy_cut_off_is_not_known_to_be_done(
        self, connector: Connector, known: Known, orders: Orders, needs: Any
    ) -> None:
        needs(Capability.REMEDIES)
        assert known.ref is not None
        remedy = next(r for r in await connector.remedies(known.ref) if not r.blocked)
        await orders.fail("cut")
        assert await self._state_of(connector.apply(remedy, "luotsi-contract-remedy")) is OutcomeState.UNKNOWN

    async def test_a_request_opened_again_a_day_later_is_one(
        self, connector: Connector, known: Known, clock: ShiftedClock, needs: Any
    ) -> None:
        """Longer than partners remember an idempotency key."""
        needs(Capability.REQUESTS)
        clock.advance(timedelta(days=1))
        again = await connector.open_request(RequestDraft(key="luotsi-contract", subject="s", text="t"))
        found = await connector.find_request("luotsi-contract")
        assert found is not None
        assert {again.ref, found.ref} == {known.request}

    async def test_a_request_cut_off_and_opened_again_is_one(
        self, connector: Connector, orders: Orders, needs: Any
    ) -> None:
        needs(Capability.REQUESTS)
        draft = RequestDraft(key="luotsi-cut", subject="s", text="t")
        await orders.fail("cut")
        with pytest.raises(RetryLater):
            await connector.open_request(draft)
        await orders.mend()
        opened = await connector.open_request(draft)
        assert (await connector.open_request(draft)).ref == opened.ref

    async def test_a_comment_added_twice_is_one(self, connector: Connector, known: Known, needs: Any) -> None:
        needs(Capability.REQUESTS)
        await connector.update_request(known.request, "said once", "luotsi-said")
        state = await connector.update_request(known.request, "said once", "luotsi-said")
        assert [c.text for c in state.comments if c.ours].count("said once") == 1

    # Changes and pushes

    async def test_changes_begun_again_from_any_cursor_lose_nothing(
        self, connector: Connector, happen: Happen, needs: Any
    ) -> None:
        needs(Capability.CHANGES)
        await happen(3)
        events, cursors = await read_changes(connector, None)
        ids = [event.dedupe_id for event in events]
        rests = [(at, [e.dedupe_id for e in (await read_changes(connector, cursor))[0]]) for at, cursor in cursors]
        assert len(ids) >= 3
        assert all(set(ids[at:]) <= set(rest) for at, rest in rests)

    async def test_what_happens_after_the_end_is_found_from_there(
        self, connector: Connector, happen: Happen, needs: Any
    ) -> None:
        needs(Capability.CHANGES)
        before, cursors = await read_changes(connector, None)
        await happen(1)
        after, moved = await read_changes(connector, cursors[-1][1])
        assert {e.dedupe_id for e in after} - {e.dedupe_id for e in before}
        assert moved[-1][1] != cursors[-1][1]

    async def test_forged_pushes_are_refused(
        self, connector: Connector, forged: list[Push], clock: ShiftedClock, needs: Any
    ) -> None:
        needs(Capability.EVENTS)
        assert len(forged) > 0
        for headers, raw in [*forged, ({}, b"{}")]:
            with pytest.raises(Refused):
                connector.parse_event(headers, raw, clock.now())

    # Secrets

    @pytest.mark.parametrize("kind", ["shape", "429"])
    async def test_secrets_are_in_no_error(
        self, kind: str, connector: Connector, known: Known, orders: Orders, secrets: tuple[str, ...]
    ) -> None:
        _, call = next(read for read in READS.values() if read[0] in connector.supports)
        await orders.fail(kind, retry_after=self.retry_after)
        with pytest.raises(PartnerError) as failed:
            await call(connector, known)
        told = f"{failed.value!r} {failed.value.__dict__} {failed.value.__cause__!r}"
        assert [secret for secret in secrets if secret in told] == []

    async def test_secrets_are_in_no_evidence(
        self, connector: Connector, known: Known, secrets: tuple[str, ...], needs: Any
    ) -> None:
        needs(Capability.OBSERVE)
        told = json.dumps((await _observe(connector, known)).evidence)
        assert [secret for secret in secrets if secret in told] == []

    def test_secrets_are_in_no_repr(self, connector: Connector, secrets: tuple[str, ...]) -> None:
        told = f"{connector!r} {vars(connector)!r}"
        assert (len(secrets) > 0, [secret for secret in secrets if secret in told]) == (True, [])

    async def _state_of(self, applied: Awaitable[Any]) -> OutcomeState:
        """A RetryLater that may have been sent is as unknown as an outcome that says so."""
        try:
            state: OutcomeState = (await applied).state
        except RetryLater as error:
            return OutcomeState.UNKNOWN if error.sent else OutcomeState.REFUSED
        return state
