"""The delivery partner to try against: EDRLab's licence server and the publisher's OPDS feed in one app.

Faults at `delivered` make a licence missing (`broken`, `no_licence`), not opened, expired or revoked. What
POST /licenses/ makes later than the order is right, save under `stuck`, where it answers 500. Faults at
`published` keep the issue out of the feed.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from connectors.sandbox.base import make_sandbox
from connectors.sandbox.delivery_book import LibraryState, LicenceBook
from connectors.sandbox.delivery_licences import Licence, find_status
from connectors.sandbox.delivery_routes import USERNAME, Library, add_licence_server
from connectors.sandbox.delivery_shelf import Shelf
from connectors.sandbox.faults import Faults
from connectors.sandbox.opds import FEED_PATH, make_feed_router
from connectors.sandbox.seed import Seed
from connectors.sandbox.store import Store
from hub.clock import ShiftedClock

LINKS = {
    "published": ("broken", "not_published", "late"),
    "delivered": ("broken", "no_licence", "not_opened", "expired", "revoked", "stuck"),
}
SHOWN_DAYS = 35


class Opening(BaseModel):
    customer: str
    item: str


def make_delivery_sandbox(
    seed: Seed,
    clock: ShiftedClock,
    path: Path | None = None,
    *,
    opens_after: float = 5,
    status_type: str = "application/json",
) -> FastAPI:
    """`opens_after` is how many seconds after an ordered licence the reader's app opens it; `status_type` the
    content type of status documents: EDRLab's server says JSON, the specification its own type."""
    faults = Faults(LINKS, clock)
    fresh = LibraryState(password=secrets.token_urlsafe(24), passphrase_key=secrets.token_urlsafe(24))
    store = Store(fresh, path)
    book = LicenceBook(Shelf(seed, clock, faults), store, opens_after)
    app = make_sandbox("delivery", faults, store, clock, lambda: _describe(book))
    add_licence_server(app, Library(book, store.state.password, status_type))
    app.include_router(make_feed_router(book.shelf))
    _add_opening(app, book)
    book.settle()
    store.save()
    return app


def delivery_credentials(app: FastAPI) -> dict[str, str]:
    """By the names of the connector's settings; `feed_url` is a path at the sandbox's own address."""
    state: LibraryState = app.state.store.state
    return {
        "feed_url": FEED_PATH,
        "username": USERNAME,
        "password": state.password,
        "passphrase_key": state.passphrase_key,
    }


def _add_opening(app: FastAPI, book: LicenceBook) -> None:
    @app.post("/_sandbox/open")
    async def open_now(opening: Opening) -> dict[str, Any]:
        return _to_readable(book.open_now(opening.customer, opening.item), book)


def _describe(book: LicenceBook) -> dict[str, Any]:
    held_back = book.shelf.is_held_back
    return {
        "people": [
            {"name": person.name, "email": person.email, "holder": user} for user, person in book.people.items()
        ],
        "issues": [
            {
                "item": issue.item,
                "identifier": issue.identifier,
                "published_at": None if held_back(issue) else issue.published_at,
            }
            for issue in reversed(book.shelf.list_recent(SHOWN_DAYS))
        ],
        "licences": [_to_readable(licence, book) for licence in book.list_licences()],
    }


def _to_readable(licence: Licence, book: LicenceBook) -> dict[str, Any]:
    person = book.people.get(licence.user)
    return {
        "id": licence.id,
        "customer": person.email if person else licence.user,
        "item": licence.item,
        "status": find_status(licence, book.clock.now()),
        "issued_at": licence.issued_at,
        "end": licence.end,
        "ordered": licence.ordered,
        "events": [f"{event.timestamp:%Y-%m-%d %H:%M} {event.type} {event.name}" for event in licence.events],
    }
