"""The hub's long-running parts, one or several in one process: api, intake, worker."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.intake import Channel, Envelope, MailIntake
from api.services import Services
from flows.dispatcher import Dispatcher
from flows.tracking import Tracker, Untracked
from flows.wiring import make_outside
from hub.database import Database
from hub.delivering import Outside
from hub.errors import PartnerError
from hub.inbox import Arrival, store_mail
from hub.log import configure_logging
from hub.ports import Capability
from hub.settings import Settings

log = logging.getLogger(__name__)
PARTS = ("api", "intake", "worker")
REGISTER_AGAIN = 30.0  # seconds until a partner that was away is asked once more to push its events


async def run_parts(settings: Settings, parts: Collection[str]) -> None:
    """Until SIGINT or SIGTERM, or until one of the parts ends by itself."""
    configure_logging(settings)
    outside = await make_outside(settings)
    running: list[asyncio.Task[Any]] = [
        asyncio.create_task(START[part](outside, settings)) for part in PARTS if part in parts
    ]
    told = asyncio.create_task(_told_to_stop())
    done, _ = await asyncio.wait([*running, told], return_when=asyncio.FIRST_COMPLETED)
    for task in (*running, told):
        task.cancel()
    await asyncio.gather(*running, told, return_exceptions=True)
    await outside.database.close()
    for task in done:
        task.result()


async def _told_to_stop() -> None:
    told = asyncio.Event()
    for order in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(order, told.set)
    await told.wait()


async def _run_api(outside: Outside, settings: Settings) -> None:
    services = Services(outside.database, outside.clock, settings, outside.connectors, outside.house)
    app = create_app(services)
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(_register_webhooks(outside))
        await _serve(app, _Server(config))


async def _serve(app: FastAPI, server: uvicorn.Server) -> None:
    """Told to stop, it ends open streams first and lets the answers under way go out."""
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        app.state.changes.close()
        server.should_exit = True
        await serving
        raise


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process has other parts, and its signals are theirs too."""
        yield


async def _register_webhooks(outside: Outside) -> None:
    """Asks each partner that can to push its events to us; its change feed is read whether it does or not."""
    for name, connector in outside.connectors.items():
        register: Callable[[str], Awaitable[str]] | None = getattr(connector, "register_webhook", None)
        if register is not None and Capability.EVENTS in connector.supports:
            await _register(f"{outside.house.public_url}/webhooks/{name}", name, register)


async def _register(url: str, name: str, register: Callable[[str], Awaitable[str]]) -> None:
    while True:
        try:
            await register(url)
        except PartnerError as error:
            log.warning("%s does not push its events to us yet: %s", name, error.detail)
            await asyncio.sleep(REGISTER_AGAIN)
        else:
            return


async def _run_intake(outside: Outside, settings: Settings) -> None:
    doors = [(Channel.SMTP, settings.smtp_port), (Channel.LMTP, settings.lmtp_port)]
    intakes = []
    for channel, port in doors:
        if port is not None:
            intake = MailIntake(
                to_store(outside.database), to_recipient_check(settings), outside.clock, channel=channel
            )
            await intake.start(settings.smtp_host, port)
            intakes.append(intake)
    try:
        await asyncio.Event().wait()
    finally:
        for intake in intakes:
            await intake.stop()


def to_store(database: Database) -> Callable[[Envelope], Awaitable[None]]:
    async def store(envelope: Envelope) -> None:
        arrival = Arrival(
            channel=envelope.channel,
            sender=envelope.sender,
            recipients=envelope.recipients,
            content=envelope.raw,
            received_at=envelope.received_at,
        )
        async with database.transaction() as session:
            await store_mail(session, arrival)

    return store


def to_recipient_check(settings: Settings) -> Callable[[str], bool]:
    """The support address, with or without a reply token."""
    local, _, host = settings.support_address.lower().rpartition("@")

    def is_recipient(address: str) -> bool:
        name, _, domain = address.lower().rpartition("@")
        return domain == host and name.partition("+")[0] == local

    return is_recipient


async def _run_worker(outside: Outside, settings: Settings) -> None:
    tracker = Tracker() if settings.prefect_api_url else Untracked()
    await Dispatcher(outside, tracker).run()


START: dict[str, Callable[[Outside, Settings], Coroutine[Any, Any, None]]] = {
    "api": _run_api,
    "intake": _run_intake,
    "worker": _run_worker,
}
