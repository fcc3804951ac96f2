"""The sandbox partners and the mail catcher of `luotsi sandbox`, each at its own port of one process."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI

from cli.partner_environment import write_environment
from cli.ports import write_private
from connectors.sandbox.seed import Seed, load_seed
from connectors.sandbox.serve import listen, order_notifications, served, to_url
from hub.clock import Clock, ShiftedClock


@dataclass(frozen=True)
class Sandbox:
    """`credentials` are by the names of the connector's settings."""

    name: str
    make: Callable[[Seed, ShiftedClock, Path], FastAPI]
    credentials: Callable[[FastAPI], dict[str, str]]


class Catcher(Protocol):
    app: FastAPI

    async def start(self, host: str, port: int) -> None: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True)
class Order:
    """`ports` of those that are not to be at just any free one, by name; `mail_catcher_smtp` is one of the names."""

    folder: Path
    seed: str | None = None
    hub_url: str | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    ports_file: Path | None = None


def known_sandboxes() -> list[Sandbox]:
    from connectors.sandbox.app_store import app_store_credentials, make_app_store_sandbox
    from connectors.sandbox.delivery import delivery_credentials, make_delivery_sandbox
    from connectors.sandbox.publisher_desk import make_publisher_desk_sandbox, publisher_desk_credentials

    return [
        Sandbox("app_store", make_app_store_sandbox, app_store_credentials),
        Sandbox("delivery", make_delivery_sandbox, delivery_credentials),
        Sandbox("publisher_desk", make_publisher_desk_sandbox, publisher_desk_credentials),
    ]


async def serve_sandboxes(
    sandboxes: Sequence[Sandbox],
    make_catcher: Callable[[Clock, Path], Catcher],
    order: Order,
    say: Callable[[str], None],
) -> None:
    """Until SIGINT or SIGTERM. They share one clock, so that a story moves time for all."""
    order.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    seed, clock = load_seed(order.seed), ShiftedClock()
    partners = {s.name: s.make(seed, clock, order.folder / f"{s.name}.json") for s in sandboxes}
    catcher = make_catcher(clock, order.folder / "mail")
    apps = {**partners, "mail_catcher": catcher.app}
    listeners = {name: listen(order.ports.get(name, 0)) for name in apps}
    addresses = {name: to_url(listener) for name, listener in listeners.items()}
    write_environment(order.folder / "env", addresses, {s.name: s.credentials(partners[s.name]) for s in sandboxes})
    for name in partners if order.hub_url else ():
        await order_notifications(partners[name], f"{order.hub_url}/webhooks/{name}")
    await catcher.start("127.0.0.1", order.ports.get("mail_catcher_smtp", 0))
    async with served({name: (app, listeners[name]) for name, app in apps.items()}):
        _tell(addresses, order, say)
        await _until_told_to_stop()
    await catcher.stop()


def _tell(addresses: dict[str, str], order: Order, say: Callable[[str], None]) -> None:
    for name, address in addresses.items():
        say(f"{name} at {address}")
    if order.ports_file:
        write_private(order.ports_file, json.dumps(addresses))


async def _until_told_to_stop() -> None:
    told = asyncio.Event()
    for order in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(order, told.set)
    await told.wait()
