"""The licence server's memory: what was given to whom, and how it looks with the ordered faults in view.

A licence is written down when it is given, and again when someone changes it. That the reader's app opened it,
and what a fault does to it, is worked out at each answer, so a fault bites whenever it is ordered, and stops when
it is cleared.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Protocol

from pydantic import BaseModel

from connectors.holders import holder_id
from connectors.sandbox.delivery_licences import (
    RENEW_MOST_DAYS,
    Device,
    Licence,
    Problem,
    open_by_app,
    revoke,
)
from connectors.sandbox.delivery_shelf import SAMPLE, Shelf
from connectors.sandbox.seed import Issue
from connectors.sandbox.store import Store

GIVEN_DAYS = 60
VALID_DAYS = 365
MISSING = frozenset({"broken", "no_licence", "stuck"})
NOT_FOUND = ("notfound", "Resource not found.")


class LibraryState(BaseModel):
    password: str
    passphrase_key: str
    licences: list[Licence] = []
    settled_at: datetime | None = None


class Gift(NamedTuple):
    user: str
    item: str | None
    publication: str
    at: datetime


class Order(Protocol):
    """What POST /licenses/ asks for."""

    user_id: str
    start: datetime | None
    end: datetime | None


class LicenceBook:
    def __init__(self, shelf: Shelf, store: Store[LibraryState], opens_after: float) -> None:
        self.shelf = shelf
        self.store = store
        self.clock = shelf.clock
        self.faults = shelf.faults
        self.opens_after = timedelta(seconds=opens_after)
        self.people = {holder_id(person.email): person for person in shelf.seed.people}
        self.readers: dict[str, list[tuple[str, date]]] = {}
        for user, person in self.people.items():
            for held in person.subscriptions:
                self.readers.setdefault(held.publication, []).append((user, held.since))

    def settle(self) -> None:
        """Give what is due by now and not given yet, save what a fault holds back."""
        state, now = self.store.state, self.clock.now()
        given = {(licence.user, licence.publication) for licence in state.licences}
        due = [gift for gift in self._list_due(now) if (gift.user, gift.publication) not in given]
        state.licences.extend(self._give(gift, number) for number, gift in enumerate(due, len(state.licences) + 1))
        state.settled_at = now
        if due:
            self.store.save()

    def list_licences(self) -> list[Licence]:
        """As they look now, newest first."""
        self.settle()
        seen = [self._see(licence) for licence in reversed(self.store.state.licences)]
        return [licence for licence in seen if licence is not None]

    def get(self, licence_id: str) -> Licence:
        self.settle()
        kept = self._find_kept(licence_id)
        seen = self._see(kept) if kept else None
        if seen is None:
            raise Problem(404, *NOT_FOUND)
        return seen

    def change(self, licence_id: str, rule: Callable[[Licence], None]) -> Licence:
        """What a fault shows decides whether it is allowed; what is kept is the licence without the fault."""
        rule(self.get(licence_id))
        licences = self.store.state.licences
        place = next(place for place, licence in enumerate(licences) if licence.id == licence_id)
        kept = self._open(licences[place])
        rule(kept)
        licences[place] = kept
        self.store.save()
        return self.get(licence_id)

    def generate(self, order: Order, publication: str) -> Licence:
        self.settle()
        now = self.clock.now()
        issue = self.shelf.find_due(publication)
        item = issue.item if issue else None
        if item and self._find_fault(order.user_id, item) == "stuck":
            raise Problem(500, "server", "An unexpected error has occurred.")
        licence = Licence(
            number=len(self.store.state.licences) + 1,
            id=str(uuid.uuid4()),
            user=order.user_id,
            publication=publication,
            item=item,
            issued_at=now,
            start=order.start,
            end=order.end,
            max_end=order.end + timedelta(days=RENEW_MOST_DAYS) if order.end else None,
            device=self._get_device(order.user_id, item),
            opens_at=now + self.opens_after,
            ordered=True,
        )
        self.store.state.licences.append(licence)
        self.store.save()
        return licence

    def open_now(self, email: str, item: str) -> Licence:
        """The reader opens the app: the newest licence for the item is registered at once."""
        user = holder_id(email)
        mine = [licence for licence in self.list_licences() if (licence.user, licence.item) == (user, item)]
        if not mine:
            raise Problem(404, *NOT_FOUND)
        now = self.clock.now()
        return self.change(mine[0].id, lambda licence: _open_at(licence, now))

    def has_any(self, publication: str) -> bool:
        return any(licence.publication == publication for licence in self.store.state.licences)

    def _list_due(self, now: datetime) -> Iterator[Gift]:
        for user, person in self.people.items():
            since = min(subscription.since for subscription in person.subscriptions)
            yield Gift(user, None, SAMPLE, datetime.combine(since, time(12), UTC))
        for issue in self.shelf.list_recent(GIVEN_DAYS):
            if not self.shelf.is_held_back(issue):
                yield from self._list_gifts(issue, now)

    def _list_gifts(self, issue: Issue, now: datetime) -> Iterator[Gift]:
        """What was held back until now is given now."""
        settled_at = self.store.state.settled_at
        at = issue.published_at if settled_at is None or issue.published_at > settled_at else now
        for user, since in self.readers.get(issue.publication, ()):
            if since <= issue.published_at.date() and self._find_fault(user, issue.item) not in MISSING:
                yield Gift(user, issue.item, issue.identifier, at)

    def _give(self, gift: Gift, number: int) -> Licence:
        end = gift.at + timedelta(days=VALID_DAYS)
        return Licence(
            number=number,
            id=str(uuid.uuid5(uuid.UUID(gift.user), gift.publication)),
            user=gift.user,
            publication=gift.publication,
            item=gift.item,
            issued_at=gift.at,
            start=gift.at,
            end=end,
            max_end=end + timedelta(days=RENEW_MOST_DAYS),
            device=self._get_device(gift.user, gift.item),
            opens_at=gift.at + timedelta(minutes=2 + uuid.UUID(gift.user).int % 20),
        )

    def _get_device(self, user: str, item: str | None) -> Device:
        person = self.people.get(user)
        held = person.subscriptions if person else []
        publication = (item or "").partition("/")[0]
        name = next((each.device for each in held if each.publication == publication), "iPad")
        return Device(id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"device:{user}:{name}")), name=name)

    def _see(self, licence: Licence) -> Licence | None:
        fault = self._find_fault_of(licence)
        if fault in MISSING:
            return None
        seen, now = self._open(licence), self.clock.now()
        if fault == "revoked":
            seen.status = "active"
            revoke(seen, min(now, seen.issued_at + timedelta(hours=1)))
        if fault == "expired":
            seen.end = max(seen.issued_at, now - timedelta(days=1))
        return seen

    def _open(self, licence: Licence) -> Licence:
        copy = licence.model_copy(update={"events": list(licence.events)})
        if self._find_fault_of(licence) != "not_opened":
            open_by_app(copy, self.clock.now())
        return copy

    def _find_fault_of(self, licence: Licence) -> str | None:
        """One that was ordered is right, until a later fault."""
        if licence.item is None:
            return None
        return self._find_fault(licence.user, licence.item, licence.issued_at if licence.ordered else None)

    def _find_fault(self, user: str, item: str, since: datetime | None = None) -> str | None:
        person = self.people.get(user)
        return self.faults.find_link("delivered", person.email if person else None, item, since)

    def _find_kept(self, licence_id: str) -> Licence | None:
        return next((one for one in self.store.state.licences if one.id == licence_id), None)


def _open_at(licence: Licence, now: datetime) -> None:
    if licence.opens_at is not None:
        licence.opens_at = now
        open_by_app(licence, now)
