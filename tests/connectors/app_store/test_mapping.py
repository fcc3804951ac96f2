from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.app_store import mapping
from connectors.app_store.wire import Extension, Notification, Subscription, Told, Transaction, to_millis
from connectors.holders import holder_id
from hub.ports import Account, EventKind, Hints, LinkStatus, OutcomeState, Ref

NOW = datetime(2026, 11, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
REF = Ref(partner="app_store", link="entitled", kind="subscription", id="2000")


def transaction(**changed: Any) -> Transaction:
    known = {
        "transactionId": "2003",
        "originalTransactionId": "2000",
        "productId": "hbr.monthly",
        "purchaseDate": to_millis(NOW - 10 * DAY),
        "expiresDate": to_millis(NOW + 20 * DAY),
        "appAccountToken": "1C47E671-8BF8-59FD-9CCE-10B8AA7836C6",
    }
    return Transaction.model_validate(known | changed)


def subscription(status: int | str = 1, **changed: Any) -> Subscription:
    return Subscription(status=status, transaction=transaction(**changed))


def told(kind: str, subtype: str | None = None, about: Transaction | None = None) -> Told:
    known = {"notificationType": kind, "subtype": subtype, "notificationUUID": "u-1", "signedDate": to_millis(NOW)}
    return Told(notification=Notification.model_validate(known), transaction=about)


@pytest.mark.parametrize(
    ("status", "expected", "reason", "word"),
    [
        (1, LinkStatus.OK, "", "active"),
        (2, LinkStatus.BROKEN, "expired", "expired"),
        (3, LinkStatus.BROKEN, "payment_problem", "billing retry"),
        (4, LinkStatus.OK, "", "billing grace period"),
        (5, LinkStatus.BROKEN, "revoked", "revoked"),
        (9, LinkStatus.UNKNOWN, "unknown_status", "9"),
        ("PAUSED", LinkStatus.UNKNOWN, "unknown_status", "PAUSED"),
    ],
)
def test_each_status_has_its_meaning_and_an_unknown_one_keeps_its_word(
    status: int | str, expected: LinkStatus, reason: str, word: str
) -> None:
    seen = mapping.to_observation(subscription(status), NOW)
    assert (seen.status, seen.reason, seen.partner_status) == (expected, reason, word)


def test_a_revocation_is_dated_by_itself_and_not_by_the_expiry() -> None:
    revoked_at = NOW - 3 * DAY
    seen = mapping.to_observation(subscription(5, revocationDate=to_millis(revoked_at)), NOW)
    assert seen.since == revoked_at


def test_evidence_keeps_fields_that_we_do_not_know_as_they_came() -> None:
    seen = mapping.to_observation(subscription(newOfApple={"a": [1]}), NOW)
    assert seen.evidence["transaction"]["newOfApple"] == {"a": [1]}
    assert seen.evidence["transaction"]["expiresDate"] == to_millis(NOW + 20 * DAY)


def test_a_publication_is_matched_whole_and_not_by_its_first_letters() -> None:
    held = [subscription(originalTransactionId="1", productId="hskk.monthly")]
    assert mapping.to_refs(held, "hs") == []


def test_of_two_subscriptions_to_one_publication_the_live_one_counts() -> None:
    lapsed = subscription(2, originalTransactionId="1", expiresDate=to_millis(NOW + 40 * DAY))
    live = subscription(1, originalTransactionId="2")
    assert [ref.id for ref in mapping.to_refs([lapsed, live], "hbr")] == ["2"]


def test_of_two_lapsed_subscriptions_the_later_counts() -> None:
    older = subscription(2, originalTransactionId="1", expiresDate=to_millis(NOW - 90 * DAY))
    newer = subscription(2, originalTransactionId="2", expiresDate=to_millis(NOW - 5 * DAY))
    assert [ref.id for ref in mapping.to_refs([older, newer], None)] == ["2"]


def test_accounts_are_taken_of_this_partner_and_this_person_only() -> None:
    mine = Account(partner="app_store", ref="1", holder=holder_id("matti@example.com"))
    others = Account(partner="app_store", ref="2", holder=holder_id("liisa@example.com"))
    elsewhere = Account(partner="delivery", ref="3", holder=holder_id("matti@example.com"))
    hints = Hints(emails=("matti@example.com",), accounts=(mine, others, elsewhere), at=NOW)
    assert mapping.to_known_refs(hints) == ["1"]


def test_where_no_address_is_known_the_hubs_own_accounts_are_trusted() -> None:
    hints = Hints(accounts=(Account(partner="app_store", ref="1", holder="h"),), at=NOW)
    assert mapping.to_known_refs(hints) == ["1"]


def test_a_request_identifier_is_a_uuid_and_the_same_for_the_same_key() -> None:
    first, again, other = (mapping.to_request_identifier(key) for key in ("case-1", "case-1", "case-2"))
    assert uuid.UUID(first)
    assert first == again != other


@pytest.mark.parametrize(
    ("held", "extensions", "why"),
    [
        (subscription(2), 0, "expired"),
        (subscription(3), 0, "billing retry"),
        (subscription(5), 0, "revoked"),
        (subscription(9), 0, "9"),
        (subscription(4, expiresDate=to_millis(NOW - DAY)), 0, "grace"),
        (subscription(1), 2, "twice in 365 days"),
        (subscription(1, inAppOwnershipType="FAMILY_SHARED"), 0, "family"),
        (subscription(1, offerDiscountType="FREE_TRIAL"), 0, "free offer"),
    ],
)
def test_a_blocked_extension_says_why(held: Subscription, extensions: int, why: str) -> None:
    extend, _ = mapping.to_remedies(REF, held, extensions, NOW)
    assert why in extend.blocked


@pytest.mark.parametrize(("held", "extensions"), [(subscription(1), 1), (subscription(4), 0)])
def test_a_live_subscription_may_be_extended(held: Subscription, extensions: int) -> None:
    extend, _ = mapping.to_remedies(REF, held, extensions, NOW)
    assert extend.blocked == ""


def test_an_answer_of_no_success_is_a_refusal() -> None:
    answer = Extension.model_validate({"success": False, "originalTransactionId": "2000"})
    assert mapping.to_outcome(answer, 30).state is OutcomeState.REFUSED


def test_an_expiry_that_moved_within_one_transaction_was_extended() -> None:
    [extend, _] = mapping.to_remedies(REF, subscription(), 0, NOW)
    moved = subscription(expiresDate=to_millis(NOW + 50 * DAY))
    assert mapping.to_read_back(extend, moved, []).state is OutcomeState.DONE


def test_an_expiry_that_stands_was_not_extended() -> None:
    [extend, _] = mapping.to_remedies(REF, subscription(), 0, NOW)
    assert mapping.to_read_back(extend, subscription(), [told("DID_RENEW")]).state is OutcomeState.REFUSED


def test_a_remedy_that_recorded_nothing_stays_unknown_without_apples_word() -> None:
    [extend, _] = mapping.to_remedies(REF, subscription(), 0, NOW)
    bare = extend.model_copy(update={"parameters": {"days": 30}})
    assert mapping.to_read_back(bare, subscription(), []).state is OutcomeState.UNKNOWN
    assert mapping.to_read_back(bare, subscription(), [told("RENEWAL_EXTENDED")]).state is OutcomeState.DONE


@pytest.mark.parametrize(
    ("kind", "subtype", "expected"),
    [
        ("SUBSCRIBED", "INITIAL_BUY", EventKind.ACCOUNT),
        ("DID_RENEW", None, EventKind.ACCOUNT),
        ("A_NEW_KIND_OF_APPLES", None, EventKind.ACCOUNT),
        ("SUBSCRIBED", "RESUBSCRIBE", EventKind.LINK),
        ("DID_RENEW", "BILLING_RECOVERY", EventKind.LINK),
        ("EXPIRED", "VOLUNTARY", EventKind.LINK),
        ("DID_FAIL_TO_RENEW", "GRACE_PERIOD", EventKind.LINK),
        ("REVOKE", None, EventKind.LINK),
        ("REFUND", None, EventKind.LINK),
        ("RENEWAL_EXTENDED", None, EventKind.LINK),
    ],
)
def test_what_apple_tells_of_a_subscription_names_its_holder(
    kind: str, subtype: str | None, expected: EventKind
) -> None:
    event = mapping.to_event(told(kind, subtype, transaction()))
    assert (event.kind, event.dedupe_id, event.at, event.ref) == (expected, "u-1", NOW, "2000")
    assert event.account == Account(partner="app_store", ref="2000", holder="1c47e671-8bf8-59fd-9cce-10b8aa7836c6")


def test_a_subscription_without_an_account_token_links_nobody() -> None:
    assert mapping.to_event(told("DID_RENEW", None, transaction(appAccountToken=None))).kind is EventKind.OTHER


@pytest.mark.parametrize("kind", ["TEST", "RENEWAL_EXTENSION", "EXPIRED"])
def test_what_is_about_no_one_subscription_is_other(kind: str) -> None:
    event = mapping.to_event(told(kind))
    assert (event.kind, event.account) == (EventKind.OTHER, None)
