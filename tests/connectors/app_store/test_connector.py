from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from connectors.app_store.connector import AppStoreConnector, make_connector
from connectors.app_store.settings import AppStoreSettings
from connectors.holders import holder_id
from connectors.sandbox.app_store import app_store_credentials, make_app_store_sandbox
from connectors.sandbox.seed import load_seed
from connectors.sandbox.transport import SandboxTransport
from hub.clock import ShiftedClock
from hub.errors import ContractBroken, Refused, Rejected, RetryLater
from hub.ports import Account, EventKind, Hints, LinkStatus, OutcomeState, Page, Ref, Remedy, RemedyMode

MATTI = "matti.lukija@example.com"
HBR_ORDER = "MK7XQ2L9TR"

Make = Callable[..., Hints]


async def order_fault(orders: httpx.AsyncClient, kind: str, **at: str) -> None:
    (await orders.post("/faults", json={"kind": kind, **at})).raise_for_status()


async def extension_of(connector: AppStoreConnector, ref: Ref) -> Remedy:
    return next(r for r in await connector.remedies(ref) if r.kind == "extend")


async def read_all(connector: AppStoreConnector, cursor: str | None = None) -> list[Page]:
    pages = [await connector.changes(cursor)]
    while not pages[-1].end:
        pages.append(await connector.changes(pages[-1].cursor))
    return pages


async def expiry_of(connector: AppStoreConnector, ref: Ref) -> int:
    expiry: int = (await connector.observe(ref)).evidence["transaction"]["expiresDate"]
    return expiry


async def test_check_is_well_when_address_and_key_are_right(connector: AppStoreConnector) -> None:
    assert (await connector.check()).ok


async def test_check_says_what_is_wrong_when_the_key_is_another(
    app: FastAPI, settings: AppStoreSettings, clock: ShiftedClock
) -> None:
    other = settings.model_copy(update={"key_id": "ABCDEFGHIJ"})
    health = await make_connector(other, clock, SandboxTransport(app)).check()
    assert (health.ok, health.detail) == (False, "app_store: POST /inApps/v1/notifications/history answered 401")


async def test_a_key_that_apple_does_not_take_is_refused(
    app: FastAPI, settings: AppStoreSettings, clock: ShiftedClock, hints: Make
) -> None:
    other = settings.model_copy(update={"issuer_id": "someone else"})
    with pytest.raises(Refused):
        await make_connector(other, clock, SandboxTransport(app)).identify(hints(order_numbers=(HBR_ORDER,)))


async def test_an_order_number_finds_all_that_its_buyer_holds(connector: AppStoreConnector, hints: Make) -> None:
    refs = await connector.identify(hints(order_numbers=(HBR_ORDER,)))
    assert {(r.partner, r.link, r.kind) for r in refs} == {("app_store", "entitled", "subscription")}
    assert sorted(str(r.item) for r in refs) == ["fortune", "hbr", "kauppalehti"]


async def test_a_publication_keeps_only_its_own_subscription(connector: AppStoreConnector, hints: Make) -> None:
    [ref] = await connector.identify(hints(order_numbers=(HBR_ORDER,), publication="kauppalehti"))
    assert ref.item == "kauppalehti"
    assert (await connector.observe(ref)).evidence["transaction"]["productId"] == "kauppalehti.monthly"


async def test_an_order_that_apple_does_not_know_finds_nobody(connector: AppStoreConnector, hints: Make) -> None:
    assert await connector.identify(hints(order_numbers=("M0000000", "../x?y"))) == []


async def test_an_address_alone_finds_nobody(connector: AppStoreConnector, hints: Make) -> None:
    assert await connector.identify(hints()) == []


async def test_an_account_that_the_hub_has_learnt_finds_its_holder(
    connector: AppStoreConnector, hints: Make, hbr: Ref
) -> None:
    account = Account(partner="app_store", ref=hbr.id, holder=holder_id(MATTI))
    assert await connector.identify(hints(accounts=(account,), publication="hbr")) == [hbr]


async def test_an_account_of_someone_else_is_left_alone(connector: AppStoreConnector, hints: Make, hbr: Ref) -> None:
    account = Account(partner="app_store", ref=hbr.id, holder=holder_id("someone.else@example.com"))
    assert await connector.identify(hints(accounts=(account,))) == []


async def test_a_live_subscription_is_ok_with_its_payloads_as_evidence(connector: AppStoreConnector, hbr: Ref) -> None:
    seen = await connector.observe(hbr)
    assert (seen.status, seen.reason, seen.partner_status) == (LinkStatus.OK, "", "active")
    assert seen.evidence["transaction"]["originalTransactionId"] == hbr.id
    assert json.loads(seen.model_dump_json())["evidence"] == seen.evidence
    assert "eyJ" not in seen.model_dump_json()


@pytest.mark.parametrize(
    ("kind", "status", "reason", "word"),
    [
        ("broken", LinkStatus.BROKEN, "expired", "expired"),
        ("expired", LinkStatus.BROKEN, "expired", "expired"),
        ("payment_problem", LinkStatus.BROKEN, "payment_problem", "billing retry"),
        ("revoked", LinkStatus.BROKEN, "revoked", "revoked"),
        ("unknown_account", LinkStatus.UNKNOWN, "unknown_account", ""),
    ],
)
async def test_each_fault_is_seen_for_what_it_is(
    connector: AppStoreConnector,
    orders: httpx.AsyncClient,
    hbr: Ref,
    kind: str,
    status: LinkStatus,
    reason: str,
    word: str,
) -> None:
    await order_fault(orders, kind, link="entitled", customer=MATTI)
    seen = await connector.observe(hbr)
    assert (seen.status, seen.reason, seen.partner_status) == (status, reason, word)


@pytest.mark.parametrize("kind", ["expired", "payment_problem", "revoked"])
async def test_a_break_is_dated_by_when_it_happened(
    connector: AppStoreConnector, orders: httpx.AsyncClient, clock: ShiftedClock, hbr: Ref, kind: str
) -> None:
    before = clock.now()
    await order_fault(orders, kind, link="entitled", item="hbr/2026-11")
    clock.advance(timedelta(days=40))
    since = (await connector.observe(hbr)).since
    assert since is not None
    assert abs(since - before) < timedelta(minutes=1)


async def test_an_account_that_vanished_is_not_found_by_its_order_either(
    connector: AppStoreConnector, orders: httpx.AsyncClient, hints: Make
) -> None:
    await order_fault(orders, "unknown_account", link="entitled", customer=MATTI)
    assert await connector.identify(hints(order_numbers=(HBR_ORDER,))) == []


async def test_a_subscription_stays_live_over_months(
    connector: AppStoreConnector, clock: ShiftedClock, hbr: Ref
) -> None:
    clock.advance(timedelta(days=75))
    assert (await connector.observe(hbr)).status is LinkStatus.OK


async def test_a_live_subscription_can_be_extended_here_and_refunded_only_by_apple(
    connector: AppStoreConnector, hbr: Ref
) -> None:
    extend, refund = await connector.remedies(hbr)
    assert (extend.kind, extend.mode, extend.blocked) == ("extend", RemedyMode.DIRECT, "")
    assert (extend.parameters["days"], extend.parameters["reason_code"]) == (30, 3)
    assert (refund.kind, refund.mode) == ("refund", RemedyMode.INDIRECT)
    assert "reportaproblem.apple.com" in refund.limits


@pytest.mark.parametrize("kind", ["expired", "payment_problem", "revoked"])
async def test_an_extension_is_blocked_where_apple_would_refuse_it(
    connector: AppStoreConnector, orders: httpx.AsyncClient, hbr: Ref, kind: str
) -> None:
    await order_fault(orders, kind, link="entitled")
    assert (await extension_of(connector, hbr)).blocked


async def test_an_account_unknown_to_apple_has_no_remedies(
    connector: AppStoreConnector, orders: httpx.AsyncClient, hbr: Ref
) -> None:
    await order_fault(orders, "unknown_account", link="entitled")
    assert await connector.remedies(hbr) == []


async def test_an_extension_moves_the_expiry_and_says_until_when(connector: AppStoreConnector, hbr: Ref) -> None:
    before = await expiry_of(connector, hbr)
    outcome = await connector.apply(await extension_of(connector, hbr), "case-1/extend")
    after = await expiry_of(connector, hbr)
    assert outcome.state is OutcomeState.DONE
    assert after - before == timedelta(days=30) // timedelta(milliseconds=1)
    assert outcome.evidence["effectiveDate"] == after
    assert f"{datetime.fromtimestamp(after / 1000, UTC):%Y-%m-%d}" in outcome.detail


async def test_a_third_extension_in_a_year_is_seen_as_blocked_and_refused_if_tried(
    connector: AppStoreConnector, hbr: Ref
) -> None:
    remedy = await extension_of(connector, hbr)
    states = [(await connector.apply(remedy, f"case-1/{n}")).state for n in range(3)]
    assert states == [OutcomeState.DONE, OutcomeState.DONE, OutcomeState.REFUSED]
    assert "twice in 365 days" in (await extension_of(connector, hbr)).blocked


async def test_an_expired_subscription_refuses_with_words(
    connector: AppStoreConnector, orders: httpx.AsyncClient, hbr: Ref
) -> None:
    remedy = await extension_of(connector, hbr)
    await order_fault(orders, "expired", link="entitled")
    outcome = await connector.apply(remedy, "case-1/extend")
    assert (outcome.state, outcome.evidence) == (OutcomeState.REFUSED, {"errorCode": "4030004"})
    assert "expired" in outcome.detail


async def test_more_days_than_apple_allows_are_rejected_with_its_code(connector: AppStoreConnector, hbr: Ref) -> None:
    remedy = await extension_of(connector, hbr)
    with pytest.raises(Rejected) as rejected:
        await connector.apply(remedy.model_copy(update={"parameters": {"days": 91}}), "case-1/extend")
    assert rejected.value.code == "4000009"


async def test_a_refund_is_never_done_here(connector: AppStoreConnector, hbr: Ref) -> None:
    _, refund = await connector.remedies(hbr)
    outcome = await connector.apply(refund, "case-1/refund")
    assert (outcome.state, outcome.detail) == (OutcomeState.REFUSED, refund.limits)


async def test_an_extension_that_was_cut_is_unknown_and_then_read_back_as_done_once(
    connector: AppStoreConnector, orders: httpx.AsyncClient, clock: ShiftedClock, hbr: Ref
) -> None:
    before, since = await expiry_of(connector, hbr), clock.now()
    remedy = await extension_of(connector, hbr)
    await order_fault(orders, "cut")
    unknown = await connector.apply(remedy, "case-1/extend")
    await orders.delete("/faults")
    done = await connector.read_outcome(remedy, "case-1/extend", since)
    assert (unknown.state, done.state) == (OutcomeState.UNKNOWN, OutcomeState.DONE)
    assert await expiry_of(connector, hbr) - before == timedelta(days=30) // timedelta(milliseconds=1)


@pytest.mark.parametrize("kind", ["cut_before", "503", "500", "shape"])
async def test_an_extension_that_never_happened_is_read_back_as_refused(
    connector: AppStoreConnector, orders: httpx.AsyncClient, clock: ShiftedClock, hbr: Ref, kind: str
) -> None:
    since, remedy = clock.now(), await extension_of(connector, hbr)
    await order_fault(orders, kind)
    unknown = await connector.apply(remedy, "case-1/extend")
    await orders.delete("/faults")
    outcome = await connector.read_outcome(remedy, "case-1/extend", since)
    assert (unknown.state, outcome.state) == (OutcomeState.UNKNOWN, OutcomeState.REFUSED)


async def test_an_earlier_extension_is_not_taken_for_this_one(
    connector: AppStoreConnector, clock: ShiftedClock, hbr: Ref
) -> None:
    await connector.apply(await extension_of(connector, hbr), "case-0/extend")
    clock.advance(timedelta(minutes=5))
    remedy = await extension_of(connector, hbr)
    outcome = await connector.read_outcome(remedy, "case-1/extend", clock.now())
    assert outcome.state is OutcomeState.REFUSED


async def test_a_renewal_in_between_is_not_taken_for_an_extension(
    connector: AppStoreConnector, clock: ShiftedClock, hbr: Ref
) -> None:
    since, remedy = clock.now(), await extension_of(connector, hbr)
    clock.advance(timedelta(days=30))
    assert (await connector.read_outcome(remedy, "case-1/extend", since)).state is OutcomeState.UNKNOWN


async def test_an_extension_is_read_back_though_a_renewal_came_in_between(
    connector: AppStoreConnector, clock: ShiftedClock, hbr: Ref
) -> None:
    since, remedy = clock.now(), await extension_of(connector, hbr)
    await connector.apply(remedy, "case-1/extend")
    clock.advance(timedelta(days=70))
    assert (await connector.read_outcome(remedy, "case-1/extend", since)).state is OutcomeState.DONE


async def test_what_was_never_sent_is_to_be_tried_later_and_is_not_unknown(
    connector: AppStoreConnector, orders: httpx.AsyncClient, clock: ShiftedClock, hbr: Ref
) -> None:
    remedy = await extension_of(connector, hbr)
    await order_fault(orders, "429")
    with pytest.raises(RetryLater) as later:
        await connector.apply(remedy, "case-1/extend")
    assert later.value.sent is False


async def test_retry_after_is_a_time_in_milliseconds(
    connector: AppStoreConnector, orders: httpx.AsyncClient, clock: ShiftedClock, hbr: Ref
) -> None:
    await order_fault(orders, "429")
    with pytest.raises(RetryLater) as later:
        await connector.observe(hbr)
    assert later.value.after is not None
    assert timedelta(seconds=55) < later.value.after - clock.now() <= timedelta(seconds=60)


async def test_after_the_stated_time_the_connector_asks_again(
    connector: AppStoreConnector, orders: httpx.AsyncClient, clock: ShiftedClock, hbr: Ref
) -> None:
    await order_fault(orders, "429")
    with pytest.raises(RetryLater):
        await connector.observe(hbr)
    await orders.delete("/faults")
    clock.advance(timedelta(minutes=2))
    assert (await connector.observe(hbr)).status is LinkStatus.OK


async def test_an_answer_of_another_shape_breaks_the_contract_and_is_kept(
    connector: AppStoreConnector, orders: httpx.AsyncClient, hbr: Ref
) -> None:
    await order_fault(orders, "shape")
    with pytest.raises(ContractBroken) as broken:
        await connector.observe(hbr)
    assert broken.value.payload == {"unexpected": ["shape"]}


async def test_an_answer_signed_by_another_root_breaks_the_contract(
    app: FastAPI, settings: AppStoreSettings, clock: ShiftedClock, hbr: Ref
) -> None:
    stranger = app_store_credentials(make_app_store_sandbox(load_seed("7"), clock))
    trusting = settings.model_copy(update={"root_certificates": (stranger["root_certificates"],)})
    with pytest.raises(ContractBroken, match="not signed for us"):
        await make_connector(trusting, clock, SandboxTransport(app)).observe(hbr)


async def test_the_first_poll_learns_who_holds_every_subscription(connector: AppStoreConnector) -> None:
    accounts = {event.account for page in await read_all(connector) for event in page.events}
    seed = load_seed()
    assert len(accounts) == sum(len(person.subscriptions) for person in seed.people)
    assert {a.holder for a in accounts if a} == {holder_id(person.email) for person in seed.people}


async def test_every_page_of_the_feed_is_new_and_it_can_be_taken_up_from_any(connector: AppStoreConnector) -> None:
    pages = await read_all(connector)
    again = await read_all(connector, pages[0].cursor)
    ids = [event.dedupe_id for page in pages for event in page.events]
    assert len(pages) > 2
    assert len(set(ids)) == len(ids)
    assert [page.events for page in again] == [page.events for page in pages[1:]]


async def test_the_feed_goes_on_after_its_end_with_what_is_new(
    connector: AppStoreConnector, orders: httpx.AsyncClient, clock: ShiftedClock, hbr: Ref
) -> None:
    *_, last = await read_all(connector)
    clock.advance(timedelta(seconds=5))
    await order_fault(orders, "expired", link="entitled", customer=MATTI, item="hbr/2026-11")
    [event] = (await connector.changes(last.cursor)).events
    assert (event.kind, event.data["type"], event.ref) == (EventKind.LINK, "EXPIRED", hbr.id)
    assert event.account == Account(partner="app_store", ref=hbr.id, holder=holder_id(MATTI))


async def test_a_cursor_older_than_apple_keeps_begins_with_the_oldest_there_is(
    connector: AppStoreConnector, clock: ShiftedClock
) -> None:
    *_, last = await read_all(connector)
    clock.advance(timedelta(days=400))
    assert (await connector.changes(last.cursor)).events


async def test_a_page_token_that_has_lapsed_reads_its_span_anew(connector: AppStoreConnector) -> None:
    first = await connector.changes(None)
    stale = json.dumps(json.loads(first.cursor) | {"token": "lapsed"})
    assert (await connector.changes(stale)).events == first.events


async def test_a_clock_that_ran_back_reads_nothing_and_loses_no_place(
    connector: AppStoreConnector, clock: ShiftedClock
) -> None:
    *_, last = await read_all(connector)
    clock.advance(timedelta(hours=-2))
    page = await connector.changes(last.cursor)
    assert (page.events, page.end) == ((), True)
    assert json.loads(page.cursor)["start"] == json.loads(last.cursor)["start"]


async def test_what_the_feed_tells_is_parsed_alike_when_pushed(
    connector: AppStoreConnector, clock: ShiftedClock
) -> None:
    pulled = await connector.changes(None)
    history = await connector.client.read_notifications(clock.now() - timedelta(days=179), clock.now())
    raw = history.notification_history[0].model_dump_json(by_alias=True).encode()
    [pushed] = connector.parse_event({}, raw, clock.now())
    assert pushed in pulled.events


async def test_a_forged_push_is_refused(connector: AppStoreConnector, clock: ShiftedClock) -> None:
    stranger = make_app_store_sandbox(load_seed(), clock)
    settings = AppStoreSettings.model_validate({**app_store_credentials(stranger), "base_url": "http://other.test"})
    other = make_connector(settings, clock, SandboxTransport(stranger))
    forged = await other.client.read_notifications(clock.now() - timedelta(days=30), clock.now())
    raw = forged.notification_history[0].model_dump_json(by_alias=True).encode()
    with pytest.raises(Refused):
        connector.parse_event({}, raw, clock.now())


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"signedPayload": "a.b.c"}', b'{"signedPayload": "abc"}'])
async def test_a_push_without_a_signature_is_refused(
    connector: AppStoreConnector, clock: ShiftedClock, raw: bytes
) -> None:
    with pytest.raises(Refused):
        connector.parse_event({}, raw, clock.now())


async def test_a_token_lapses_and_is_made_anew(connector: AppStoreConnector, clock: ShiftedClock, hbr: Ref) -> None:
    clock.advance(timedelta(minutes=6))
    assert (await connector.observe(hbr)).status is LinkStatus.OK
    clock.advance(timedelta(minutes=-30))
    assert (await connector.observe(hbr)).status is LinkStatus.OK
