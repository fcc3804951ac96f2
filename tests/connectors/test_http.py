import asyncio
import gzip
import time
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import Response
from pydantic import BaseModel

from connectors.http import Dialect, Limits, PartnerHttp, make_client
from connectors.sandbox.faults import Fault
from hub.errors import ContractBroken, PartnerError, Refused, Rejected, RetryLater


class Parcel(BaseModel):
    id: str
    state: str


def order(app, kind, **fault):
    return app.state.faults.order(Fault(kind=kind, **fault))


def calls(app):
    return app.state.store.state.calls


@pytest.fixture
async def real(parcels, clock, loopback):
    client = make_client(await loopback(parcels), limits=Limits(connect=1, read=0.3))
    http = PartnerHttp("parcels", client, clock, limits=Limits(total=0.6, pause=0.01))
    yield http
    await http.close()


async def test_an_answer_comes_back_whole(http):
    response = await http.request("get", "/parcels")
    assert (response.status_code, response.json()) == (200, {"id": "P1", "state": "delivered"})
    assert response.request.url == "http://parcels.test/parcels"


STATUSES = [
    (301, ContractBroken),
    (303, ContractBroken),
    (400, Rejected),
    (401, Refused),
    (403, Refused),
    (404, Rejected),
    (405, ContractBroken),
    (407, Refused),
    (408, RetryLater),
    (409, Rejected),
    (415, ContractBroken),
    (418, ContractBroken),
    (422, Rejected),
    (429, RetryLater),
    (451, Rejected),
    (499, ContractBroken),
    (500, RetryLater),
    (501, RetryLater),
    (503, RetryLater),
]


@pytest.mark.parametrize(("status", "name"), STATUSES)
async def test_each_status_has_its_error_name(http, status, name):
    with pytest.raises(PartnerError) as caught:
        await http.request("POST", f"/says/{status}")
    assert type(caught.value) is name
    assert caught.value.detail == f"POST /says/{status} answered {status}"


@pytest.mark.parametrize("status", [303, 404, 409])
async def test_a_status_that_is_accepted_is_an_answer(http, status):
    assert (await http.request("GET", f"/says/{status}", accept=(status,))).status_code == status


async def test_the_partners_own_error_code_is_kept(make_http):
    http = make_http(dialect=Dialect(error_code=lambda r: r.json()["code"]))
    with pytest.raises(Rejected) as caught:
        await http.request("POST", "/says/422")
    assert (caught.value.code, caught.value.detail) == ("E7", "POST /says/422 answered 422 E7")


async def test_an_error_code_that_cannot_be_read_is_left_out(make_http):
    http = make_http(dialect=Dialect(error_code=lambda r: r.json()["errors"][0]))
    with pytest.raises(Rejected) as caught:
        await http.request("POST", "/says/422")
    assert caught.value.code == ""


TRIED = [
    ("GET", False, "500", 3),
    ("GET", False, "429", 3),
    ("GET", False, "cut", 3),
    ("POST", False, "500", 1),
    ("POST", False, "429", 1),
    ("POST", False, "cut", 1),
    ("POST", True, "500", 3),
    ("POST", True, "cut", 3),
]


@pytest.mark.parametrize(("method", "keyed", "kind", "tries"), TRIED)
async def test_only_safe_and_keyed_calls_are_tried_again(http, parcels, method, keyed, kind, tries):
    order(parcels, kind)
    with pytest.raises(RetryLater):
        await http.request(method, "/parcels", keyed=keyed)
    assert len(http.state.recent) == tries


@pytest.mark.parametrize("status", [400, 401, 404, 405])
async def test_an_answer_that_says_no_is_not_tried_again(http, parcels, status):
    with pytest.raises(PartnerError):
        await http.request("GET", f"/says/{status}")
    assert len(calls(parcels)) == 1


async def test_a_passing_fault_is_not_noticed(http, parcels):
    order(parcels, "503", times=2)
    assert (await http.request("GET", "/parcels")).status_code == 200


SENT = [
    ("POST", "cut", True),
    ("POST", "cut_before", True),
    ("POST", "500", True),
    ("POST", "429", False),
    ("GET", "cut", False),
    ("GET", "500", False),
]


@pytest.mark.parametrize(("method", "kind", "sent"), SENT)
async def test_a_write_that_may_have_taken_effect_is_marked_as_sent(http, parcels, method, kind, sent):
    order(parcels, kind)
    with pytest.raises(RetryLater) as caught:
        await http.request(method, "/parcels")
    assert caught.value.sent is sent


async def test_a_later_try_that_took_no_effect_does_not_undo_an_earlier_one(http, parcels):
    order(parcels, "cut", times=1)
    order(parcels, "429")
    with pytest.raises(RetryLater) as caught:
        await http.request("POST", "/parcels", keyed=True)
    assert "429" in caught.value.detail
    assert caught.value.sent


async def test_a_write_that_found_no_server_was_not_sent(clock):
    async with make_client("http://127.0.0.1:1") as client:
        with pytest.raises(RetryLater, match="no connection") as caught:
            await PartnerHttp("parcels", client, clock).request("POST", "/parcels")
    assert not caught.value.sent


async def test_a_stated_wait_is_kept_without_asking_again(http, parcels, clock):
    order(parcels, "429", retry_after="90")
    for _ in range(2):
        with pytest.raises(RetryLater) as caught:
            await http.request("GET", "/parcels")
        assert caught.value.after == clock.now() + timedelta(seconds=90)
    assert len(calls(parcels)) == 1
    assert http.state.held_until == clock.now() + timedelta(seconds=90)


async def test_after_the_stated_wait_calls_go_out_again(http, parcels, clock):
    order(parcels, "503", times=1, retry_after="90")
    with pytest.raises(RetryLater):
        await http.request("GET", "/parcels")
    clock.advance(timedelta(seconds=90))
    assert (await http.request("GET", "/parcels")).status_code == 200
    assert http.state.held_until is None


def epoch_ms(value, now):
    return datetime.fromtimestamp(int(value) / 1000, UTC)


async def test_a_partner_may_state_the_wait_in_its_own_unit(make_http, parcels, clock):
    until = clock.now() + timedelta(minutes=3)
    order(parcels, "429", retry_after=str(int(until.timestamp() * 1000)))
    with pytest.raises(RetryLater) as caught:
        await make_http(dialect=Dialect(retry_after=epoch_ms)).request("GET", "/parcels")
    assert caught.value.after == until


async def test_a_short_wait_stated_later_does_not_shorten_a_long_one(http, parcels, clock):
    order(parcels, "latency", times=1, seconds=0.1, path="/says/*")
    order(parcels, "429", times=1, retry_after="600", path="/parcels")
    slow = asyncio.create_task(http.request("POST", "/says/429", params={"Retry-After": "1"}))
    await asyncio.sleep(0.03)
    with pytest.raises(RetryLater):
        await http.request("POST", "/parcels")
    with pytest.raises(RetryLater):
        await slow
    assert http.state.held_until == clock.now() + timedelta(seconds=600)


async def test_the_breaker_keeps_a_failing_partner_from_being_asked(http, parcels):
    order(parcels, "500")
    for _ in range(5):
        with pytest.raises(RetryLater):
            await http.request("POST", "/parcels")
    before = len(calls(parcels))
    with pytest.raises(RetryLater, match="resting") as caught:
        await http.request("POST", "/parcels")
    assert len(calls(parcels)) == before
    assert not caught.value.sent


async def test_the_state_shows_since_when_a_partner_rests_and_why(http, parcels, clock):
    order(parcels, "500")
    for _ in range(5):
        with pytest.raises(RetryLater):
            await http.request("POST", "/parcels")
    assert http.state.resting_since == clock.now()
    assert [a.failure for a in http.state.failures] == ["answered 500"] * 5


async def test_a_partner_that_recovers_is_asked_as_before(http, parcels, clock):
    order(parcels, "500", times=5)
    for _ in range(5):
        with pytest.raises(RetryLater):
            await http.request("POST", "/parcels")
    clock.advance(timedelta(seconds=30))
    await http.request("POST", "/parcels")
    assert http.state.resting_since is None


async def test_saying_no_is_not_being_down(http):
    for _ in range(12):
        with pytest.raises(Rejected):
            await http.request("GET", "/says/404")
    assert http.state.resting_since is None


async def test_one_slow_partner_does_not_slow_another(make_http, parcels, clock):
    order(parcels, "latency", seconds=0.5, path="/says/200")
    slow, other = make_http(concurrency=1), make_http(concurrency=1)
    waiting = asyncio.create_task(slow.request("GET", "/says/200"))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    await other.request("GET", "/parcels")
    assert time.monotonic() - started < 0.3
    assert slow.state.under_way == 1
    await waiting


async def test_a_call_that_finds_no_place_gives_up_soon_and_was_not_sent(make_http, parcels):
    order(parcels, "latency", seconds=0.5)
    http = make_http(concurrency=1, limits=Limits(place=0.05))
    waiting = asyncio.create_task(http.request("GET", "/parcels"))
    await asyncio.sleep(0.02)
    with pytest.raises(RetryLater, match="too many calls") as caught:
        await http.request("POST", "/parcels")
    assert not caught.value.sent
    await waiting
    assert http.state.under_way == 0


async def test_a_place_is_given_back_when_a_call_is_cancelled(make_http, parcels):
    order(parcels, "latency", seconds=5, times=1)
    http = make_http(concurrency=1, limits=Limits(place=0.05))
    cancelled = asyncio.create_task(http.request("GET", "/parcels"))
    await asyncio.sleep(0.02)
    cancelled.cancel()
    await asyncio.wait([cancelled])
    assert (await http.request("GET", "/parcels")).status_code == 200


async def test_a_server_that_drips_cannot_hold_a_call(real, parcels):
    order(parcels, "drip", seconds=0.1)
    started = time.monotonic()
    with pytest.raises(RetryLater, match=r"no whole answer within 0.6 s") as caught:
        await real.request("POST", "/parcels")
    assert time.monotonic() - started < 1.5
    assert caught.value.sent


async def test_all_tries_together_keep_to_the_total(real, parcels):
    order(parcels, "drip", seconds=0.1)
    started = time.monotonic()
    with pytest.raises(RetryLater):
        await real.request("GET", "/parcels")
    assert time.monotonic() - started < 1.5


async def test_a_silent_server_is_given_up(real, parcels):
    order(parcels, "latency", seconds=1)
    with pytest.raises(RetryLater, match="no answer in time: ReadTimeout"):
        await real.request("POST", "/parcels")


@pytest.mark.parametrize("kind", ["cut", "cut_before"])
async def test_a_cut_on_a_real_wire_is_a_lost_connection(real, parcels, kind):
    order(parcels, kind)
    with pytest.raises(RetryLater, match="connection lost") as caught:
        await real.request("POST", "/parcels")
    assert caught.value.sent


async def test_an_answer_that_is_too_long_is_not_read(make_http):
    http = make_http(limits=Limits(body=20))
    with pytest.raises(ContractBroken, match="more than 20 bytes"):
        await http.request("GET", "/parcels")


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_read(make_http, parcels):
    packed = gzip.compress(b"0" * 5000)
    parcels.get("/packed")(lambda: Response(packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ContractBroken, match="more than 2000 bytes"):
        await make_http(limits=Limits(body=2000)).request("GET", "/packed")
    whole = await make_http().request("GET", "/packed")
    assert whole.content == b"0" * 5000


async def test_a_broken_encoding_breaks_the_contract(http, parcels):
    parcels.get("/packed")(lambda: Response(b"no gzip", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ContractBroken, match="DecodingError"):
        await http.request("GET", "/packed")


async def test_json_of_the_right_shape_becomes_a_model(http):
    response = await http.request("GET", "/parcels")
    assert http.parse_json(response, Parcel) == Parcel(id="P1", state="delivered")


@pytest.mark.parametrize(
    ("kind", "payload", "where"),
    [("shape", {"unexpected": ["shape"]}, "at: id, state"), ("garbage", "<html>it works</html>", "at: body")],
)
async def test_another_shape_breaks_the_contract_and_is_kept(http, parcels, kind, payload, where):
    order(parcels, kind)
    response = await http.request("GET", "/parcels")
    with pytest.raises(ContractBroken, match=where) as caught:
        http.parse_json(response, Parcel)
    assert caught.value.payload == payload


async def test_a_redirect_is_not_followed_even_when_asked(http, parcels):
    with pytest.raises(ContractBroken):
        await http.request(
            "GET", "/says/302", params={"Location": "http://parcels.test/parcels"}, follow_redirects=True
        )
    assert calls(parcels) == ["GET /says/302"]


@pytest.mark.parametrize(
    "address", ["http://evil.test/parcels", "https://parcels.test/", "http://parcels.test:81/", "http://["]
)
async def test_an_address_at_another_server_is_not_asked(http, parcels, address):
    with pytest.raises(ContractBroken, match="an address"):
        await http.request("GET", address)
    assert calls(parcels) == []


async def test_a_whole_address_at_the_partners_own_server_is_asked(http):
    assert (await http.request("GET", "http://parcels.test/parcels")).status_code == 200


async def test_every_client_has_limits():
    async with make_client("http://parcels.test", headers={"X-One": "1"}) as client:
        assert None not in client.timeout.as_dict().values()
        assert not client.follow_redirects
        assert (client.headers["User-Agent"], client.headers["X-One"]) == ("luotsi", "1")
