from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from connectors.holders import holder_id
from connectors.sandbox.delivery import delivery_credentials, make_delivery_sandbox
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock

START = datetime(2026, 11, 5, 9, tzinfo=UTC)
MATTI, ITEM = "matti.lukija@example.com", "hbr/2026-11"
ALT_ID = "urn:x-issue:hbr:2026-11"
ERROR = "http://readium.org/license-status-document/error/"
DEVICE = {"id": "phone-1", "name": "Phone"}


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock(START)


@pytest.fixture
def app(clock: ShiftedClock) -> FastAPI:
    return make_delivery_sandbox(load_seed(), clock)


def open_client(app: FastAPI, **options) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url="http://licences", transport=SandboxTransport(app), **options)


@pytest.fixture
async def public(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(app) as client:
        yield client


@pytest.fixture
async def private(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    known = delivery_credentials(app)
    async with open_client(app, auth=(known["username"], known["password"])) as client:
        yield client


@pytest.fixture
def order(private):
    async def generate(**change):
        publication = (await private.get(f"/publications/altid/{ALT_ID}")).json()["uuid"]
        stated = {"publication_id": publication, "user_id": "u1", "text_hint": "h", "pass_hash": "ab" * 32}
        body = {name: value for name, value in {**stated, **change}.items() if value is not None}
        return await private.post("/licenses/", json=body)

    return generate


async def find_licence(public, customer=MATTI, item=ITEM):
    shown = (await public.get("/_sandbox/state")).json()["licences"]
    return next((one for one in shown if (one["customer"], one["item"]) == (customer, item)), None)


# The wire


async def test_health_is_a_line_of_text(public):
    assert (await public.get("/health")).text == "The LCP Server is running!"


@pytest.mark.parametrize("path", ["/licenseinfo/", "/licenseinfo/search?user=u", "/publications/", "/license-events/x"])
async def test_private_routes_want_credentials(public, path):
    answer = await public.get(path)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="restricted"'


async def test_credentials_that_are_no_base64_are_not_let_in(public):
    assert (await public.get("/licenseinfo/", headers={"Authorization": "Basic %%%"})).status_code == 401


async def test_a_generated_licence_is_ready_and_found(order, private):
    made = await order()
    document = made.json()
    assert (made.status_code, document["user"]["id"]) == (201, "u1")
    assert {link["rel"] for link in document["links"]} == {"publication", "status", "hint"}
    (row,) = (await private.get("/licenseinfo/search", params={"user": "u1"})).json()
    assert (row["uuid"], row["status"], row["device_count"]) == (document["id"], "ready", 0)


async def test_each_order_makes_another_licence(order):
    assert (await order()).json()["id"] != (await order()).json()["id"]


@pytest.mark.parametrize("missing", ["user_id", "pass_hash", "text_hint", "publication_id"])
async def test_an_order_without_what_is_needed_is_a_problem(order, missing):
    answer = await order(**{missing: None})
    assert answer.status_code == 400
    assert ("type" in answer.json(), "title" in answer.json(), "status" in answer.json()) == (True, True, False)


@pytest.mark.parametrize("wrong", ["not-a-uuid", "00000000-0000-4000-8000-000000000000"])
async def test_an_order_for_no_publication_is_invalid(order, wrong):
    assert (await order(publication_id=wrong)).status_code == 400


async def test_an_order_may_name_the_publications_other_id(order):
    assert (await order(publication_id=None, alt_id=ALT_ID)).status_code == 201


async def test_a_hash_that_is_not_hex_fails_and_leaves_a_licence(order, private):
    assert (await order(pass_hash="passphrase")).status_code == 500
    assert len((await private.get("/licenseinfo/search", params={"user": "u1"})).json()) == 1


async def test_a_fresh_licence_is_the_same_licence(order, private):
    made = (await order()).json()
    body = {"user_id": "u1", "text_hint": "h", "pass_hash": "ab" * 32}
    assert (await private.post(f"/licenses/{made['id']}", json=body)).json()["id"] == made["id"]


async def test_search_looks_at_the_first_criterion_only(order, private):
    await order()
    found = await private.get("/licenseinfo/search", params={"user": "u1", "pub": "another", "status": "revoked"})
    assert len(found.json()) == 1


@pytest.mark.parametrize(("count", "status"), [("1:9", 200), ("1", 400), ("a:b", 400)])
async def test_a_search_by_count_wants_two_numbers(private, count, status):
    assert (await private.get("/licenseinfo/search", params={"count": count})).status_code == status


async def test_a_search_for_nothing_is_not_found(private):
    answer = await private.get("/licenseinfo/search")
    assert (answer.status_code, answer.json()["type"]) == (404, f"{ERROR}notfound")


@pytest.mark.parametrize("path", ["/licenseinfo/", "/publications/"])
async def test_lists_are_cut_in_pages_newest_first(private, path):
    rows = (await private.get(path)).json()
    rest = (await private.get(path, params={"page": 2, "per_page": 20})).json()
    numbers = [row["ID"] for row in rows + rest]
    assert (len(rows), numbers) == (20, sorted(numbers, reverse=True))


@pytest.mark.parametrize("page", ["0", "-1", "x"])
async def test_a_page_that_is_none_is_the_first(private, page):
    first = await private.get("/publications/")
    assert (await private.get("/publications/", params={"page": page})).json() == first.json()


async def test_a_row_has_the_database_layers_names(order, private):
    licence = (await order()).json()["id"]
    row = (await private.get(f"/licenseinfo/{licence}")).json()
    assert {"ID", "CreatedAt", "UpdatedAt", "DeletedAt", "uuid", "publication_id"} <= row.keys()
    assert not {"end", "updated", "status_updated"} & row.keys()


@pytest.mark.parametrize(
    "call",
    [("GET", "/status/none"), ("POST", "/register/none?id=1&name=x"), ("PUT", "/renew/none?id=1&name=x")],
)
async def test_a_licence_that_is_not_there_is_a_problem(public, call):
    answer = await public.request(*call)
    assert (answer.status_code, answer.json()["type"]) == (404, f"{ERROR}notfound")
    assert "status" not in answer.json()


async def test_an_unknown_endpoint_is_a_problem(public):
    assert (await public.get("/nosuch")).json() == {"type": "about:blank", "title": "Endpoint not found."}


@pytest.mark.parametrize(
    "query", [{}, {"id": "1"}, {"name": "x"}, {"id": "x" * 256, "name": "x"}, {"id": "1", "name": "ä" * 128}]
)
async def test_a_device_has_an_id_and_a_name_of_some_length(order, public, query):
    licence = (await order()).json()["id"]
    assert (await public.post(f"/register/{licence}", params=query)).status_code == 400


async def test_a_registered_device_is_in_the_status_document(order, public, private):
    licence = (await order()).json()["id"]
    document = (await public.post(f"/register/{licence}", params=DEVICE)).json()
    assert (document["status"], document["events"][0]["type"], document["events"][0]["id"]) == (
        "active",
        "register",
        "phone-1",
    )
    assert (await private.get(f"/license-events/{licence}")).json() == document["events"]


async def test_a_renewal_beyond_the_limit_is_a_200_with_less(order, public, private):
    licence = (await order(end="2026-12-01T00:00:00Z")).json()["id"]
    await public.post(f"/register/{licence}", params=DEVICE)
    answer = await public.put(f"/renew/{licence}", params={**DEVICE, "end": "2030-01-01T00:00:00Z"})
    row = (await private.get(f"/licenseinfo/{licence}")).json()
    assert (answer.status_code, row["end"]) == (200, "2026-12-31T00:00:00Z")
    assert answer.json()["potential_rights"] == {"end": "2026-12-31T00:00:00Z"}


@pytest.mark.parametrize("end", ["tomorrow", "2027-01-01T00:00:00"])
async def test_an_end_that_is_no_time_is_invalid(public, end):
    licence = (await find_licence(public))["id"]
    assert (await public.put(f"/renew/{licence}", params={**DEVICE, "end": end})).status_code == 400


async def test_a_status_document_has_what_the_schema_demands(order, public):
    licence = (await order()).json()["id"]
    document = (await public.get(f"/status/{licence}")).json()
    assert {"id", "status", "message", "updated", "links"} <= document.keys()
    assert {"license", "register"} <= {link["rel"] for link in document["links"]}
    assert "events" not in document


# What the readers have


async def test_every_reader_has_what_was_published_since_the_summer(public):
    shown = (await public.get("/_sandbox/state")).json()["licences"]
    mine = {one["item"] for one in shown if one["customer"] == MATTI and one["status"] == "active"}
    assert {"hbr/2026-11", "hbr/2026-10", "fortune/2026-11", "kauppalehti/2026-11-05", "kauppalehti/2026-09-10"} <= mine


async def test_an_issue_just_out_is_not_opened_yet(public, clock):
    clock.set(datetime(2026, 11, 6, 3, 1, tzinfo=UTC))
    assert (await find_licence(public, item="kauppalehti/2026-11-06"))["status"] == "ready"


async def test_each_new_day_has_its_paper(public, clock):
    clock.advance(timedelta(days=70))
    assert (await find_licence(public, item="hbr/2027-01"))["issued_at"] == "2027-01-02T03:00:00Z"


async def test_state_names_people_issues_and_licences(public, app):
    state = (await public.get("/_sandbox/state")).json()
    assert state["people"][0] == {"name": "Matti Lukija", "email": MATTI, "holder": holder_id(MATTI)}
    assert next(issue for issue in state["issues"] if issue["item"] == ITEM)["published_at"] == "2026-11-02T03:00:00Z"
    assert delivery_credentials(app)["password"] not in str(state)


async def test_a_held_back_licence_is_given_when_the_fault_is_cleared(public, clock):
    clock.set(datetime(2026, 12, 2, 2, tzinfo=UTC))
    await public.post("/_sandbox/faults", json={"link": "delivered", "customer": MATTI, "kind": "no_licence"})
    clock.set(datetime(2026, 12, 5, 9, tzinfo=UTC))
    assert await find_licence(public, item="hbr/2026-12") is None
    await public.delete("/_sandbox/faults")
    assert (await find_licence(public, item="hbr/2026-12"))["issued_at"] > "2026-12-05T09"


async def test_a_licence_hidden_by_a_fault_is_nowhere_on_the_wire(public, private):
    licence = (await find_licence(public))["id"]
    await public.post("/_sandbox/faults", json={"link": "delivered", "item": ITEM, "kind": "broken"})
    answers = [await public.get(f"/status/{licence}"), await private.get(f"/licenseinfo/{licence}")]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_an_unpublished_issue_is_not_at_the_licence_server(public, private, clock):
    await public.post("/_sandbox/faults", json={"link": "published", "item": "hbr/2026-12", "kind": "late"})
    clock.set(datetime(2026, 12, 5, 9, tzinfo=UTC))
    assert (await private.get("/publications/altid/urn:x-issue:hbr:2026-12")).status_code == 404
    assert await find_licence(public, item="hbr/2026-12") is None


async def test_a_licence_given_before_outlives_its_issues_withdrawal(public, private):
    await public.post("/_sandbox/faults", json={"link": "published", "item": ITEM, "kind": "broken"})
    assert (await private.get(f"/publications/altid/{ALT_ID}")).status_code == 200
    assert (await find_licence(public))["status"] == "active"


async def test_a_later_fault_bites_what_was_delivered_again(order, public):
    await public.post("/_sandbox/faults", json={"link": "delivered", "item": ITEM, "kind": "broken"})
    await order(user_id=holder_id(MATTI))
    assert (await find_licence(public))["ordered"]
    await public.post("/_sandbox/faults", json={"link": "delivered", "item": ITEM, "kind": "broken"})
    assert await find_licence(public) is None


async def test_a_device_that_registers_by_hand_opens_despite_the_fault(public):
    await public.post("/_sandbox/faults", json={"link": "delivered", "item": ITEM, "kind": "not_opened"})
    licence = (await find_licence(public))["id"]
    assert (await public.post(f"/register/{licence}", params=DEVICE)).json()["status"] == "active"
    assert (await find_licence(public))["status"] == "active"


async def test_opening_what_was_never_given_is_not_found(public):
    answer = await public.post("/_sandbox/open", json={"customer": MATTI, "item": "hbr/2030-01"})
    assert answer.status_code == 404


async def test_a_restart_keeps_licences_and_password(tmp_path, clock):
    path = tmp_path / "delivery.json"
    first = make_delivery_sandbox(load_seed(), clock, path)
    async with open_client(first) as client:
        licence = (await find_licence(client))["id"]
        await client.post(f"/register/{licence}", params=DEVICE)
    again = make_delivery_sandbox(load_seed(), clock, path)
    async with open_client(again) as client:
        assert len((await client.get(f"/status/{licence}")).json()["events"]) == 2
    assert delivery_credentials(again) == delivery_credentials(first)


async def test_a_restart_keeps_holding_back_what_it_was_told_to(tmp_path, clock):
    path = tmp_path / "delivery.json"
    clock.set(datetime(2026, 12, 2, 2, tzinfo=UTC))
    async with open_client(make_delivery_sandbox(load_seed(), clock, path)) as client:
        await client.post("/_sandbox/faults", json={"link": "delivered", "item": "hbr/2026-12", "kind": "no_licence"})
    clock.set(datetime(2026, 12, 5, 9, tzinfo=UTC))
    async with open_client(make_delivery_sandbox(load_seed(), clock, path)) as client:
        assert await find_licence(client, item="hbr/2026-12") is None
