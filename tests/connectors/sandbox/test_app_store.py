from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from connectors.sandbox.app_store import app_store_credentials, make_app_store_sandbox
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock

MATTI = "matti.lukija@example.com"
START = datetime(2026, 11, 5, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock(START)


@pytest.fixture
def sandbox(clock: ShiftedClock) -> FastAPI:
    return make_app_store_sandbox(load_seed(), clock)


@pytest.fixture
async def orders(sandbox: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = SandboxTransport(sandbox)
    async with httpx.AsyncClient(transport=transport, base_url="http://app-store.test") as client:
        yield client


async def read_state(orders: httpx.AsyncClient) -> dict[str, Any]:
    state: dict[str, Any] = (await orders.get("/_sandbox/state")).json()
    return state


async def standings(orders: httpx.AsyncClient, email: str = MATTI) -> dict[str, str]:
    people = {person["email"]: person for person in (await read_state(orders))["people"]}
    return {held["publication"]: held["standing"] for held in people[email]["subscriptions"]}


async def told_of_hbr(orders: httpx.AsyncClient) -> list[tuple[str, str | None]]:
    """What was told of HBR after the start of the test, oldest first."""
    notifications = (await read_state(orders))["notifications"]
    of_hbr = [n for n in notifications if n["held"]["order"] == "MK7XQ2L9TR"]
    return [(n["type"], n["subtype"]) for n in of_hbr if datetime.fromisoformat(n["at"]) >= START]


async def test_the_state_shows_people_with_their_orders_and_standings(orders: httpx.AsyncClient) -> None:
    matti = (await read_state(orders))["people"][0]
    held = [(h["order"], h["standing"]) for h in matti["subscriptions"]]
    assert (matti["name"], matti["email"]) == ("Matti Lukija", MATTI)
    assert held == [("MK7XQ2L9TR", "active"), ("MK8FTN3W2Q", "active"), ("MK5KLR8S1T", "active")]


async def test_the_state_shows_no_keys(orders: httpx.AsyncClient) -> None:
    assert "PRIVATE KEY" not in (await orders.get("/_sandbox/state")).text


@pytest.mark.parametrize(
    ("kind", "standing"),
    [
        ("broken", "expired"),
        ("expired", "expired"),
        ("payment_problem", "billing_retry"),
        ("revoked", "revoked"),
        ("unknown_account", "active"),
    ],
)
async def test_a_fault_for_one_customer_hits_only_them(orders: httpx.AsyncClient, kind: str, standing: str) -> None:
    await orders.post("/_sandbox/faults", json={"link": "entitled", "customer": MATTI, "kind": kind})
    assert set((await standings(orders)).values()) == {standing}
    assert set((await standings(orders, "aino.virtanen@example.com")).values()) == {"active"}


async def test_a_fault_for_an_issue_hits_the_subscriptions_to_its_publication(orders: httpx.AsyncClient) -> None:
    await orders.post("/_sandbox/faults", json={"link": "entitled", "item": "hbr/2026-11", "kind": "broken"})
    assert await standings(orders) == {"hbr": "expired", "fortune": "active", "kauppalehti": "active"}
    assert (await standings(orders, "liisa.korpi@example.net"))["hbr"] == "expired"


@pytest.mark.parametrize(
    ("kind", "breaks", "heals"),
    [
        ("expired", ("EXPIRED", "VOLUNTARY"), ("SUBSCRIBED", "RESUBSCRIBE")),
        ("payment_problem", ("DID_FAIL_TO_RENEW", None), ("DID_RENEW", "BILLING_RECOVERY")),
        ("revoked", ("REFUND", None), ("REFUND_REVERSED", None)),
    ],
)
async def test_breaking_and_healing_are_each_told_once(
    orders: httpx.AsyncClient, kind: str, breaks: tuple[str, str | None], heals: tuple[str, str | None]
) -> None:
    await orders.post("/_sandbox/faults", json={"link": "entitled", "customer": MATTI, "kind": kind})
    await read_state(orders)
    await orders.delete("/_sandbox/faults")
    assert await told_of_hbr(orders) == [breaks, heals]


async def test_a_fault_that_is_over_heals_by_itself(orders: httpx.AsyncClient, clock: ShiftedClock) -> None:
    until = (clock.now() + timedelta(days=1)).isoformat()
    await orders.post("/_sandbox/faults", json={"link": "entitled", "kind": "broken", "until": until})
    clock.advance(timedelta(days=2))
    assert set((await standings(orders)).values()) == {"active"}


async def test_subscriptions_renew_as_months_pass(orders: httpx.AsyncClient, clock: ShiftedClock) -> None:
    clock.advance(timedelta(days=62))
    assert (await told_of_hbr(orders)).count(("DID_RENEW", None)) == 2


async def test_a_broken_subscription_does_not_renew(orders: httpx.AsyncClient, clock: ShiftedClock) -> None:
    await orders.post("/_sandbox/faults", json={"link": "entitled", "customer": MATTI, "kind": "broken"})
    clock.advance(timedelta(days=62))
    assert await told_of_hbr(orders) == [("EXPIRED", "VOLUNTARY")]


async def test_only_what_apple_still_keeps_is_kept(orders: httpx.AsyncClient, clock: ShiftedClock) -> None:
    clock.advance(timedelta(days=300))
    oldest = min(n["at"] for n in (await read_state(orders))["notifications"])
    assert datetime.fromisoformat(oldest) >= clock.now() - timedelta(days=180, minutes=1)


async def test_a_restart_keeps_keys_subscriptions_and_what_was_told(clock: ShiftedClock, tmp_path: Path) -> None:
    path = tmp_path / "app_store.json"
    before = make_app_store_sandbox(load_seed(), clock, path)
    after = make_app_store_sandbox(load_seed(), clock, path)
    assert app_store_credentials(after) == app_store_credentials(before)
    assert after.state.store.state == before.state.store.state


async def test_keys_are_kept_apart_and_readable_by_their_owner_only(clock: ShiftedClock, tmp_path: Path) -> None:
    make_app_store_sandbox(load_seed(), clock, tmp_path / "app_store.json")
    keys = tmp_path / "app_store.keys.json"
    assert "PRIVATE KEY" not in (tmp_path / "app_store.json").read_text()
    assert json.loads(keys.read_text())["private_key"].startswith("-----BEGIN")
    assert keys.stat().st_mode & 0o077 == 0


async def test_other_people_can_be_sold_to(clock: ShiftedClock) -> None:
    sandbox = make_app_store_sandbox(load_seed("7"), clock)
    assert len(sandbox.state.store.state.people) == 12


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x.y.z", "Basic dTpw"])
async def test_without_a_token_the_answer_is_401_without_json(orders: httpx.AsyncClient, authorization: str) -> None:
    answer = await orders.get("/inApps/v1/lookup/MK7XQ2L9TR", headers={"Authorization": authorization})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/plain; charset=utf-8")


async def test_an_ordered_429_says_in_milliseconds_when_to_come_back(
    orders: httpx.AsyncClient, clock: ShiftedClock
) -> None:
    await orders.post("/_sandbox/faults", json={"kind": "429"})
    answer = await orders.get("/inApps/v1/lookup/MK7XQ2L9TR")
    after = datetime.fromtimestamp(int(answer.headers["Retry-After"]) / 1000, UTC)
    assert (answer.status_code, answer.json()["errorCode"]) == (429, 4290000)
    assert timedelta(seconds=55) < after - clock.now() <= timedelta(seconds=60)


async def test_an_ordered_500_has_apples_body(orders: httpx.AsyncClient) -> None:
    await orders.post("/_sandbox/faults", json={"kind": "500"})
    answer = await orders.get("/inApps/v1/lookup/MK7XQ2L9TR")
    assert (answer.status_code, answer.json()["errorCode"]) == (500, 5000000)


async def test_the_orders_to_fail_still_work_while_the_wire_is_bad(orders: httpx.AsyncClient) -> None:
    await orders.post("/_sandbox/faults", json={"kind": "429"})
    assert (await orders.delete("/_sandbox/faults")).status_code == 204
