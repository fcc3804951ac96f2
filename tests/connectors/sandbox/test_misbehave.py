import time

import httpx
import pytest

from connectors.sandbox.faults import Fault
from connectors.sandbox.transport import SandboxTransport


@pytest.fixture
async def over_socket(parcels, loopback):
    async with httpx.AsyncClient(base_url=await loopback(parcels)) as client:
        yield client


@pytest.fixture
async def in_process(parcels):
    async with httpx.AsyncClient(transport=SandboxTransport(parcels), base_url="http://parcels.test") as client:
        yield client


@pytest.fixture(params=["over_socket", "in_process"])
def client(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def order(parcels):
    return lambda kind, **fault: parcels.state.faults.order(Fault(kind=kind, **fault))


@pytest.mark.parametrize(("kind", "done"), [("cut", 1), ("cut_before", 0)])
async def test_a_cut_breaks_the_connection_after_or_before_it_is_done(client, parcels, order, kind, done):
    order(kind)
    with pytest.raises(httpx.TransportError):
        await client.post("/parcels")
    assert parcels.state.store.state.handed_out == done


@pytest.mark.parametrize("kind", ["429", "500", "503"])
async def test_an_error_status_comes_with_the_stated_wait(client, order, kind):
    order(kind, retry_after="1795176000000")
    answer = await client.get("/parcels")
    assert (answer.status_code, answer.headers["Retry-After"]) == (int(kind), "1795176000000")


@pytest.mark.parametrize("kind", ["latency", "drip"])
async def test_a_slow_answer_is_the_right_one(client, order, kind):
    order(kind, seconds=0.01)
    started = time.monotonic()
    assert (await client.get("/parcels")).json()["id"] == "P1"
    assert time.monotonic() - started >= 0.01


async def test_another_shape_is_json_and_garbage_is_not(client, order):
    order("shape", times=1)
    assert (await client.get("/parcels")).json() == {"unexpected": ["shape"]}
    order("garbage")
    with pytest.raises(ValueError):
        (await client.get("/parcels")).json()
