"""What the sandbox app store knows: people, their subscriptions, and every notification it made of them.

Time is lived, not computed: `refresh` renews what is due and obeys the ordered faults, and makes a notification of
each change, as the App Store does.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from pydantic import BaseModel

from connectors.holders import holder_id
from connectors.sandbox.faults import Faults
from connectors.sandbox.seed import Seed, SeedPerson
from connectors.sandbox.seed import Subscription as SeedSubscription
from connectors.sandbox.store import Store
from hub.clock import Clock

LINK = "entitled"
PERIOD = timedelta(days=30)
HISTORY = timedelta(days=180)
YEAR = timedelta(days=365)
EXTENSIONS_A_YEAR = 2


class Standing(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    BILLING_RETRY = "billing_retry"
    GRACE_PERIOD = "grace_period"
    REVOKED = "revoked"


STANDING_OF_FAULT = {
    "broken": Standing.EXPIRED,
    "expired": Standing.EXPIRED,
    "payment_problem": Standing.BILLING_RETRY,
    "revoked": Standing.REVOKED,
}
UNKNOWN_ACCOUNT = "unknown_account"
FAULT_KINDS = (*STANDING_OF_FAULT, UNKNOWN_ACCOUNT)

# What Apple tells of a change: as it breaks, and as it is well again.
BREAKS = {
    Standing.EXPIRED: ("EXPIRED", "VOLUNTARY"),
    Standing.BILLING_RETRY: ("DID_FAIL_TO_RENEW", None),
    Standing.REVOKED: ("REFUND", None),
}
HEALS = {
    Standing.EXPIRED: ("SUBSCRIBED", "RESUBSCRIBE"),
    Standing.BILLING_RETRY: ("DID_RENEW", "BILLING_RECOVERY"),
    Standing.REVOKED: ("REFUND_REVERSED", None),
}


class Held(BaseModel):
    """One subscription. `ended_at` is when it was revoked or ran out; `extended_at` each extension given."""

    publication: str
    order: str
    standing: Standing = Standing.ACTIVE
    expires_at: datetime
    product_id: str
    original_transaction_id: str
    app_account_token: str
    started_at: datetime
    period_start: datetime
    renewals: int = 0
    ended_at: datetime | None = None
    extended_at: list[datetime] = []

    @property
    def transaction_id(self) -> str:
        """Apple numbers each renewal anew; the sandbox leaves room for a thousand after the original."""
        return str(int(self.original_transaction_id) + self.renewals)

    def begin_period(self, at: datetime) -> None:
        self.period_start, self.expires_at = at, at + PERIOD
        self.renewals += 1

    def end(self, standing: Standing, at: datetime) -> None:
        self.standing, self.ended_at = standing, at
        if standing is not Standing.REVOKED:
            self.expires_at = min(self.expires_at, at)

    def recover(self, at: datetime) -> None:
        self.standing, self.ended_at = Standing.ACTIVE, None
        self.begin_period(at)

    def count_extensions(self, now: datetime) -> int:
        return sum(at > now - YEAR for at in self.extended_at)


class Person(BaseModel):
    name: str
    email: str
    subscriptions: list[Held]


class Attempt(BaseModel):
    at: datetime
    result: str


class Notification(BaseModel):
    """`held` is the subscription as it was then; None where the notification is about none."""

    id: str
    type: str
    subtype: str | None = None
    at: datetime
    held: Held | None = None
    attempts: list[Attempt] = []


class ShopState(BaseModel):
    notify_url: str | None = None
    people: list[Person]
    notifications: list[Notification] = []


def make_shop_state(seed: Seed, now: datetime) -> ShopState:
    state = ShopState(people=[_person(person, now) for person in seed.people])
    for held in (held for person in state.people for held in person.subscriptions):
        state.notifications.append(
            Notification(
                id=str(uuid.uuid4()),
                type="SUBSCRIBED",
                subtype="INITIAL_BUY",
                at=held.started_at,
                held=held.model_copy(),
            )
        )
    return state


def _person(person: SeedPerson, now: datetime) -> Person:
    held = [_held(subscription, holder_id(person.email), now) for subscription in person.subscriptions]
    return Person(name=person.name, email=person.email, subscriptions=held)


def _held(subscription: SeedSubscription, holder: str, now: datetime) -> Held:
    dice = int.from_bytes(hashlib.sha256(subscription.order.encode()).digest()[:8], "big")
    began = datetime.combine(subscription.since, time(7), UTC) + timedelta(minutes=dice % (28 * 24 * 60))
    started_at = min(began, now - PERIOD)
    return Held(
        publication=subscription.publication,
        order=subscription.order,
        product_id=f"{subscription.publication}.monthly",
        original_transaction_id=str(2 * 10**15 + dice % 10**12 * 1000),
        app_account_token=holder,
        started_at=started_at,
        period_start=started_at,
        expires_at=started_at + PERIOD,
    )


class Shop:
    """`to_push` collects what Apple would send at once to the URL it was given."""

    def __init__(self, store: Store[ShopState], faults: Faults, clock: Clock) -> None:
        self.store, self.faults, self.clock = store, faults, clock
        self.to_push: list[Notification] = []

    @property
    def state(self) -> ShopState:
        return self.store.state

    def refresh(self) -> None:
        now = self.clock.now()
        changed = False
        for person in self.state.people:
            for held in person.subscriptions:
                changed |= self._obey(person, held, now)
                changed |= self._renew(held, now)
        if changed:
            self.state.notifications = [n for n in self.state.notifications if n.at >= now - HISTORY]
            self.store.save()

    def _obey(self, person: Person, held: Held, now: datetime) -> bool:
        wanted = STANDING_OF_FAULT.get(self._find_fault(person, held) or "", Standing.ACTIVE)
        if wanted is held.standing:
            return False
        if wanted is Standing.ACTIVE:
            told = HEALS[held.standing]
            held.recover(now)
        else:
            told = BREAKS[wanted]
            held.end(wanted, now)
        self.record(told, held, now)
        return True

    def _renew(self, held: Held, now: datetime) -> bool:
        due = held.standing is Standing.ACTIVE and held.expires_at <= now
        while held.standing is Standing.ACTIVE and held.expires_at <= now:
            held.begin_period(held.expires_at)
            self.record(("DID_RENEW", None), held, held.period_start)
        return due

    def _find_fault(self, person: Person, held: Held) -> str | None:
        """A fault may name an issue (`hbr/2026-11`); the App Store sells publications, so that one is hit."""
        issues = [f.item for f in self.faults.ordered if f.item and f.item.partition("/")[0] == held.publication]
        kinds = (self.faults.find_link(LINK, person.email, item) for item in [None, *issues])
        return next((kind for kind in kinds if kind), None)

    def record(self, told: tuple[str, str | None], held: Held | None, at: datetime) -> Notification:
        kind, subtype = told
        snapshot = held.model_copy(deep=True) if held else None
        notification = Notification(id=str(uuid.uuid4()), type=kind, subtype=subtype, at=at, held=snapshot)
        self.state.notifications.append(notification)
        if self.state.notify_url:
            self.to_push.append(notification)
        return notification

    def list_known(self) -> Iterator[tuple[Person, Held]]:
        """All but those that a fault hides, as if they had been bought with another Apple account."""
        for person in self.state.people:
            for held in person.subscriptions:
                if self._find_fault(person, held) != UNKNOWN_ACCOUNT:
                    yield person, held

    def find_transaction(self, transaction_id: str) -> tuple[Person, Held] | None:
        return next((known for known in self.list_known() if _is_of(known[1], transaction_id)), None)

    def find_order(self, order: str) -> Held | None:
        return next((held for _, held in self.list_known() if held.order == order), None)

    def list_of(self, person: Person) -> list[Held]:
        return [held for owner, held in self.list_known() if owner is person]

    def extend(self, held: Held, days: int) -> None:
        now = self.clock.now()
        held.expires_at += timedelta(days=days)
        held.extended_at.append(now)
        self.record(("RENEWAL_EXTENDED", None), held, now)
        self.store.save()

    def list_notifications(self, start: datetime, end: datetime) -> list[Notification]:
        known = {held.original_transaction_id for _, held in self.list_known()}
        found = [
            n
            for n in self.state.notifications
            if start <= n.at <= end and (n.held is None or n.held.original_transaction_id in known)
        ]
        return sorted(found, key=lambda n: n.at)


def _is_of(held: Held, transaction_id: str) -> bool:
    return 0 <= int(transaction_id) - int(held.original_transaction_id) <= held.renewals
