from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from connectors.sandbox.base import make_sandbox
from connectors.sandbox.faults import Faults
from connectors.sandbox.serve import listen, order_notifications, served
from connectors.sandbox.store import Store
from hub.clock import ShiftedClock


class Rings(BaseModel):
    count: int = 0
    notify_url: str = ""


def make_bell() -> FastAPI:
    clock, store = ShiftedClock(), Store(Rings())
    app = make_sandbox("bell", Faults({}, clock), store, clock)

    @app.post("/ring")
    async def ring() -> dict[str, int]:
        store.state.count += 1
        return {"count": store.state.count}

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    @app.post("/_sandbox/notify")
    async def notify(order: dict[str, str]) -> None:
        store.state.notify_url = order["url"]

    return app


@pytest.fixture
async def bell() -> AsyncIterator[httpx.AsyncClient]:
    async with served({"bell": (make_bell(), listen(0))}) as urls, httpx.AsyncClient(base_url=urls["bell"]) as client:
        yield client


async def order(bell: httpx.AsyncClient, kind: str) -> None:
    (await bell.post("/_sandbox/faults", json={"kind": kind})).raise_for_status()


async def count(bell: httpx.AsyncClient) -> int:
    return int((await bell.get("/_sandbox/state")).json()["count"])


async def test_it_answers_over_a_real_socket(bell: httpx.AsyncClient) -> None:
    assert (await bell.post("/ring")).json() == {"count": 1}


async def test_a_cut_after_the_deed_gives_no_answer_and_no_noise_but_the_deed_is_done(
    bell: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await order(bell, "cut")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await bell.post("/ring")
    assert await count(bell) == 1
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_cut_before_the_deed_does_nothing(bell: httpx.AsyncClient) -> None:
    await order(bell, "cut_before")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await bell.post("/ring", content=b"x" * 500_000)
    assert await count(bell) == 0


async def test_it_answers_again_after_a_cut(bell: httpx.AsyncClient) -> None:
    await order(bell, "cut")
    with pytest.raises(httpx.TransportError):
        await bell.post("/ring")
    await bell.delete("/_sandbox/faults")
    assert (await bell.post("/ring")).status_code == 200


@pytest.mark.filterwarnings("default")
async def test_a_mistake_of_our_own_is_still_a_500(bell: httpx.AsyncClient) -> None:
    assert (await bell.get("/broken")).status_code == 500
    await order(bell, "500")
    assert (await bell.post("/ring")).json() == {"error": "ordered fault"}


async def test_several_are_served_each_at_its_own_port() -> None:
    apps = {"one": (make_bell(), listen(0)), "two": (make_bell(), listen(0))}
    async with served(apps) as urls, httpx.AsyncClient() as client:
        await client.post(urls["one"] + "/ring")
        assert (await client.post(urls["two"] + "/ring")).json() == {"count": 1}
    with pytest.raises(httpx.ConnectError):
        httpx.post(urls["one"] + "/ring")


async def test_a_sandbox_is_told_where_to_push_and_one_that_does_not_push_is_left_alone() -> None:
    app = make_bell()
    await order_notifications(app, "http://hub/webhooks/bell")
    assert app.state.store.state.notify_url == "http://hub/webhooks/bell"
    await order_notifications(FastAPI(), "http://hub/webhooks/silent")
