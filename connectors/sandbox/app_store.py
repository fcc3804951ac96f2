"""A sandbox App Store: Apple's Server API and Notifications V2 over invented subscribers.

Two files are kept: the subscriptions, shown at `/_sandbox/state`, and the keys beside them, shown nowhere.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.middleware.base import RequestResponseEndpoint

from connectors.sandbox.app_store_push import Pusher
from connectors.sandbox.app_store_routes import (
    AppleError,
    Unauthenticated,
    answer_error,
    answer_unauthenticated,
    make_routes,
    to_error,
)
from connectors.sandbox.app_store_shop import FAULT_KINDS, LINK, Shop, ShopState, make_shop_state
from connectors.sandbox.app_store_signing import Credentials, make_credentials
from connectors.sandbox.app_store_wire import Writer, to_millis
from connectors.sandbox.base import make_sandbox
from connectors.sandbox.faults import Faults
from connectors.sandbox.seed import Seed
from connectors.sandbox.store import Store
from hub.clock import ShiftedClock

RATE_LIMIT_REST = timedelta(minutes=1)


class NotifyOrder(BaseModel):
    """Where Apple would push to; None stops it."""

    url: str | None = None


def make_app_store_sandbox(seed: Seed, clock: ShiftedClock, path: Path | None = None) -> FastAPI:
    faults = Faults({LINK: FAULT_KINDS}, clock)
    store = Store[ShopState](make_shop_state(seed, clock.now()), path)
    credentials = _load_credentials(path)
    shop, writer = Shop(store, faults, clock), Writer(credentials)
    app = make_sandbox("app_store", faults, store, clock)
    # Only now: what was ordered before a restart holds again.
    shop.refresh()
    store.save()
    app.state.credentials, app.state.pusher = credentials, Pusher(shop, writer)
    app.add_exception_handler(AppleError, answer_error)
    app.add_exception_handler(Unauthenticated, answer_unauthenticated)
    app.include_router(make_routes(shop, writer))
    _add_notify_order(app, shop)
    _add_passing_of_time(app, shop)
    _add_apples_words(app, clock)
    return app


def app_store_credentials(app: FastAPI) -> dict[str, str]:
    """What a connector needs to speak to this sandbox, by the names of its settings; certificates and keys as PEM."""
    credentials: Credentials = app.state.credentials
    return {
        "key_id": credentials.key_id,
        "issuer_id": credentials.issuer_id,
        "bundle_id": credentials.bundle_id,
        "app_apple_id": str(credentials.app_apple_id),
        "private_key": credentials.private_key,
        "root_certificates": credentials.root_certificate,
        "environment": credentials.environment,
    }


def _load_credentials(path: Path | None) -> Credentials:
    keys = None if path is None else path.with_suffix(".keys.json")
    store = Store[Credentials](make_credentials(), keys)
    if keys is not None:
        store.save()
        keys.chmod(0o600)
    return store.state


def _add_notify_order(app: FastAPI, shop: Shop) -> None:
    @app.post("/_sandbox/notify")
    async def notify(order: NotifyOrder) -> NotifyOrder:
        shop.state.notify_url = order.url
        shop.store.save()
        return order


def _add_passing_of_time(app: FastAPI, shop: Shop) -> None:
    @app.middleware("http")
    async def live(request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Renewals and ordered faults take effect before each request, and once more after one that changed them."""
        shop.refresh()
        try:
            return await call_next(request)
        finally:
            shop.refresh()
            app.state.pusher.start()


def _add_apples_words(app: FastAPI, clock: ShiftedClock) -> None:
    @app.middleware("http")
    async def in_apples_words(request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Ordered 429s and 500s get Apple's body, and a Retry-After that is a UNIX time in milliseconds."""
        response = await call_next(request)
        if response.status_code == 429:
            rest = str(to_millis(clock.now() + RATE_LIMIT_REST))
            return to_error(4290000, {"Retry-After": response.headers.get("Retry-After", rest)})
        return to_error(5000000) if response.status_code == 500 else response
