from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import BaseModel

from connectors.sandbox.base import make_sandbox
from connectors.sandbox.faults import Faults
from connectors.sandbox.store import Store
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Shelf(BaseModel):
    parcels: int = 0


@pytest.fixture
def start(tmp_path):
    """Each call is the sandbox started anew beside the same files."""

    def started():
        clock = ShiftedClock()
        faults = Faults({"delivered": ("broken",)}, clock)
        app = make_sandbox("parcels", faults, Store(Shelf(), tmp_path / "parcels.json"), clock)
        return httpx.AsyncClient(transport=SandboxTransport(app), base_url="http://parcels.test")

    return started


async def state(client):
    return (await client.get("/_sandbox/state")).json()


async def test_a_fault_is_ordered_shown_and_cleared(start):
    client = start()
    order = {"link": "delivered", "kind": "broken", "customer": "aino@example.net"}
    placed = (await client.post("/_sandbox/faults", json=order)).json()
    assert (await state(client))["faults"] == [placed]
    assert (await client.delete(f"/_sandbox/faults/{placed['id']}")).status_code == 204
    assert (await state(client))["faults"] == []


async def test_faults_outlive_the_process(start):
    placed = (await start().post("/_sandbox/faults", json={"kind": "503", "times": 5})).json()
    again = start()
    assert (await again.get("/parcels")).status_code == 503
    assert (await state(start()))["faults"] == [placed | {"times": 4}]


async def test_a_fault_ordered_after_a_restart_has_a_number_of_its_own(start):
    first = (await start().post("/_sandbox/faults", json={"kind": "503"})).json()
    second = (await start().post("/_sandbox/faults", json={"kind": "500"})).json()
    assert first["id"] != second["id"]


async def test_the_clock_outlives_the_process(start):
    await start().post("/_sandbox/clock", json={"now": NOON.isoformat()})
    now = datetime.fromisoformat((await state(start()))["now"])
    assert abs(now - NOON) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({"link": "published", "kind": "broken"}, "links here: delivered"),
        ({"link": "delivered", "kind": "eaten"}, "faults at delivered: broken"),
        ({"kind": "503", "customer": "aino@example.net"}, "name no customer"),
        ({"link": "delivered", "kind": "broken", "path": "/x"}, "are for wire faults"),
        ({"kind": "503", "until": "2026-11-20T12:00:00"}, "timezone"),
    ],
)
async def test_an_order_that_cannot_be_followed_is_refused_in_words(start, order, says):
    answer = await start().post("/_sandbox/faults", json=order)
    assert answer.status_code == 422
    assert says in answer.text


async def test_the_sandbox_itself_can_be_told_while_its_server_is_bad(start):
    client = start()
    await client.post("/_sandbox/faults", json={"kind": "cut"})
    assert (await client.delete("/_sandbox/faults")).status_code == 204
