"""Apple's values to the hub's. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from connectors.app_store.wire import Extension, Notification, Subscription, Told, Transaction
from connectors.holders import holder_id
from hub.ports import (
    Account,
    Event,
    EventKind,
    Hints,
    LinkStatus,
    Observation,
    Outcome,
    OutcomeState,
    Ref,
    Remedy,
    RemedyMode,
)

PARTNER = "app_store"
LINK = "entitled"
KIND = "subscription"

ACTIVE, EXPIRED, BILLING_RETRY, GRACE_PERIOD, REVOKED = 1, 2, 3, 4, 5
WORDS: dict[int | str, str] = {
    ACTIVE: "active",
    EXPIRED: "expired",
    BILLING_RETRY: "billing retry",
    GRACE_PERIOD: "billing grace period",
    REVOKED: "revoked",
}
BREAKS: dict[int | str, str] = {EXPIRED: "expired", BILLING_RETRY: "payment_problem", REVOKED: "revoked"}
READABLE = (ACTIVE, GRACE_PERIOD)

EXTEND, REFUND = "extend", "refund"
EXTEND_DAYS, SERVICE_ISSUE = 30, 3
EXTENSIONS_A_YEAR, YEAR = 2, timedelta(days=365)
EXTEND_LIMITS = "At most 2 extensions in 365 days for one subscription, each of 1 to 90 days; only while it is active."
REFUND_LIMITS = (
    "Only Apple refunds. The customer asks for it at https://reportaproblem.apple.com within 90 days of the purchase; "
    "Apple decides, usually in 48 hours, and may ask us whether the content was delivered."
)
REFUSALS = {
    "4030004": "Apple does not extend a subscription in this state (expired, in billing retry, or in a free offer).",
    "4030005": "Apple has already extended this subscription twice in 365 days.",
    "4030007": "This is a family member's share: only the buyer's own subscription can be extended.",
}

# What may mend or break someone's right to read, so that a case about it should look again.
LINK_CHANGES = frozenset(
    {
        "CONSUMPTION_REQUEST",
        "DID_FAIL_TO_RENEW",
        "EXPIRED",
        "GRACE_PERIOD_EXPIRED",
        "REFUND",
        "REFUND_DECLINED",
        "REFUND_REVERSED",
        "RENEWAL_EXTENDED",
        "REVOKE",
    }
)
LINK_SUBTYPES = frozenset({("DID_RENEW", "BILLING_RECOVERY"), ("SUBSCRIBED", "RESUBSCRIBE")})

REQUESTS = uuid.UUID("0b0f4b6e-54a8-4b39-9d0b-3f4f5f5c9d11")


def to_request_identifier(key: str) -> str:
    """Apple wants a UUID. It only names the request: the same one sent twice extends twice."""
    return str(uuid.uuid5(REQUESTS, key))


def to_orders(hints: Hints) -> list[str]:
    """Apple's order numbers are letters and digits; a number of another make is some other partner's."""
    return [order.strip() for order in hints.order_numbers if order.strip().isalnum()]


def to_known_refs(hints: Hints) -> list[str]:
    """The subscriptions that the hub holds as this person's own; all of them where it knows no address."""
    holders = {holder_id(email) for email in hints.emails}
    ours = (account for account in hints.accounts if account.partner == PARTNER)
    return [account.ref for account in ours if not holders or account.holder in holders]


def to_refs(subscriptions: Iterable[Subscription], publication: str | None) -> list[Ref]:
    """One per publication, the one that gives the right to read before those that no longer do. `item` is the
    publication alone: Apple knows no issues."""
    best: dict[str, Subscription] = {}
    for subscription in sorted(subscriptions, key=_rank, reverse=True):
        best.setdefault(subscription.transaction.publication, subscription)
    wanted = [s for name, s in best.items() if publication in (None, name)]
    return [Ref(partner=PARTNER, link=LINK, kind=KIND, id=s.ref, item=s.transaction.publication) for s in wanted]


def _rank(subscription: Subscription) -> tuple[bool, datetime]:
    transaction = subscription.transaction
    return subscription.status in READABLE, transaction.expires_date or transaction.purchase_date


def to_observation(subscription: Subscription, now: datetime) -> Observation:
    status = subscription.status
    return Observation(
        partner=PARTNER,
        link=LINK,
        status=_to_link_status(status),
        reason=_to_reason(status),
        partner_status=WORDS.get(status, str(status)),
        since=_to_since(subscription),
        at=now,
        evidence=to_evidence(subscription),
    )


def to_unknown_account(now: datetime) -> Observation:
    return Observation(partner=PARTNER, link=LINK, status=LinkStatus.UNKNOWN, reason="unknown_account", at=now)


def _to_link_status(status: int | str) -> LinkStatus:
    if status in BREAKS:
        return LinkStatus.BROKEN
    return LinkStatus.OK if status in READABLE else LinkStatus.UNKNOWN


def _to_reason(status: int | str) -> str:
    return BREAKS.get(status, "" if status in READABLE else "unknown_status")


def _to_since(subscription: Subscription) -> datetime | None:
    transaction = subscription.transaction
    if subscription.status == REVOKED:
        return transaction.revocation_date
    if subscription.status in (EXPIRED, BILLING_RETRY, GRACE_PERIOD):
        return transaction.expires_date
    return transaction.purchase_date if subscription.status == ACTIVE else None


def to_evidence(subscription: Subscription) -> dict[str, Any]:
    """What Apple signed, decoded; the signatures themselves tell a reader nothing."""
    renewal = subscription.renewal.to_plain() if subscription.renewal else None
    return {"status": subscription.status, "transaction": subscription.transaction.to_plain(), "renewal": renewal}


def to_remedies(ref: Ref, subscription: Subscription, extensions: int, now: datetime) -> list[Remedy]:
    """`extensions` is how many Apple is seen to have given in the last year."""
    transaction = subscription.transaction
    parameters: dict[str, str | int] = {
        "days": EXTEND_DAYS,
        "reason_code": SERVICE_ISSUE,
        "transaction_id": transaction.transaction_id,
        "expires_at": _to_text(transaction.expires_date),
    }
    extend = Remedy(
        kind=EXTEND,
        mode=RemedyMode.DIRECT,
        ref=ref,
        parameters=parameters,
        limits=EXTEND_LIMITS,
        blocked=_blocks_extension(subscription, extensions, now),
    )
    refunded = "Apple has already taken this purchase back." if subscription.status == REVOKED else ""
    refund = Remedy(kind=REFUND, mode=RemedyMode.INDIRECT, ref=ref, limits=REFUND_LIMITS, blocked=refunded)
    return [extend, refund]


def _blocks_extension(subscription: Subscription, extensions: int, now: datetime) -> str:
    status, transaction = subscription.status, subscription.transaction
    lapsed = transaction.expires_date is not None and transaction.expires_date <= now
    if status not in READABLE or (status == GRACE_PERIOD and lapsed):
        return f"Apple extends only active subscriptions; this one is: {WORDS.get(status, status)}."
    if transaction.in_app_ownership_type == "FAMILY_SHARED":
        return REFUSALS["4030007"]
    if transaction.offer_discount_type == "FREE_TRIAL":
        return "Apple does not extend a free offer."
    return REFUSALS["4030005"] if extensions >= EXTENSIONS_A_YEAR else ""


def to_outcome(extension: Extension, days: int) -> Outcome:
    evidence = extension.to_plain()
    if not extension.success:
        return Outcome(state=OutcomeState.REFUSED, detail="Apple answered that it did not extend.", evidence=evidence)
    until = f" until {extension.effective_date:%Y-%m-%d}" if extension.effective_date else ""
    detail = f"Extended by {days} days{until}."
    return Outcome(state=OutcomeState.DONE, detail=detail, ref=extension.web_order_line_item_id, evidence=evidence)


def to_refusal(code: str) -> Outcome:
    return Outcome(state=OutcomeState.REFUSED, detail=REFUSALS[code], evidence={"errorCode": code})


def to_read_back(remedy: Remedy, subscription: Subscription, told: Iterable[Told]) -> Outcome:
    """Whether the extension happened, from what Apple has told since and from where the expiry stands now.

    An expiry that moved within the same transaction is an extension; one that moved with a new transaction is a
    renewal, and says nothing.
    """
    transaction, evidence = subscription.transaction, to_evidence(subscription)
    same = remedy.parameters.get("transaction_id") == transaction.transaction_id
    moved = remedy.parameters.get("expires_at") != _to_text(transaction.expires_date)
    if list_extensions(told) or (same and moved):
        detail = f"Extended until {_to_text(transaction.expires_date)[:10]}, as read back."
        return Outcome(state=OutcomeState.DONE, detail=detail, evidence=evidence)
    if same:
        detail = "It did not happen: the expiry stands where it was."
        return Outcome(state=OutcomeState.REFUSED, detail=detail, evidence=evidence)
    detail = "The subscription has been renewed since, and Apple tells of no extension."
    return Outcome(state=OutcomeState.UNKNOWN, detail=detail, evidence=evidence)


def list_extensions(told: Iterable[Told]) -> list[Told]:
    return [t for t in told if t.notification.notification_type == "RENEWAL_EXTENDED"]


def _to_text(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def to_event(told: Told) -> Event:
    notification, transaction = told.notification, told.transaction
    return Event(
        partner=PARTNER,
        dedupe_id=notification.notification_uuid,
        kind=_to_kind(notification, transaction),
        at=notification.signed_date,
        ref=transaction.original_transaction_id if transaction else "",
        account=_to_account(transaction) if transaction else None,
        data=_to_summary(notification, transaction),
    )


def _to_kind(notification: Notification, transaction: Transaction | None) -> EventKind:
    if transaction is None:
        return EventKind.OTHER
    kind = notification.notification_type
    if kind in LINK_CHANGES or (kind, notification.subtype) in LINK_SUBTYPES:
        return EventKind.LINK
    return EventKind.ACCOUNT if transaction.app_account_token else EventKind.OTHER


def _to_account(transaction: Transaction) -> Account:
    holder = (transaction.app_account_token or "").lower()
    return Account(partner=PARTNER, ref=transaction.original_transaction_id, holder=holder)


def _to_summary(notification: Notification, transaction: Transaction | None) -> dict[str, Any]:
    status = notification.data.status if notification.data else None
    summary: dict[str, Any] = {"type": notification.notification_type, "subtype": notification.subtype}
    if transaction is not None:
        summary |= {"status": status, "publication": transaction.publication, "transaction": transaction.to_plain()}
    return summary
