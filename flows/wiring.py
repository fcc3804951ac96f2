"""One place that picks the real things: database, clock, connectors, relay, playbooks, catalogue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from connectors.registry import make_connectors
from connectors.relay import RelaySettings, SmtpRelay
from flows.catalogue import load_catalogue
from hub.clock import Clock, SystemClock
from hub.database import Database
from hub.delivering import Outside
from hub.errors import InvalidInput, RetryLater
from hub.facts import read_asks, read_facts
from hub.house import House
from hub.mail.compose import to_email
from hub.playbooks import load_playbooks
from hub.ports import Connector, Mail, Mailer
from hub.settings import Settings

CATALOGUE = Path("config/catalogue.yaml")


async def make_outside(settings: Settings, clock: Clock | None = None, url: str | None = None) -> Outside:
    """`url` is the database's, where it is not in the settings (the embedded one)."""
    clock = clock or SystemClock()
    address = url or settings.database_url
    if address is None:
        raise InvalidInput("LUOTSI_DATABASE_URL is not set: start with `luotsi up`, or name a database")
    connectors = make_connectors(clock)
    house = await make_house(settings, connectors)
    read_facts("", "", clock.now(), house.catalogue)
    read_asks("", house.catalogue)  # its words are read from files once: not at the first mail
    return Outside(
        database=Database(address),
        clock=clock,
        house=house,
        connectors=connectors,
        mailer=make_mailer(settings),
    )


async def make_house(settings: Settings, connectors: dict[str, Connector]) -> House:
    return House(
        support_address=settings.support_address,
        support_name=settings.support_name,
        public_url=settings.get_public_url(),
        secret=settings.get_secret_key(),
        catalogue=await load_catalogue(CATALOGUE, connectors, settings.data_dir / "catalogue.json"),
        playbooks=load_playbooks(settings.playbooks_dir),
    )


def make_mailer(settings: Settings) -> Mailer:
    relay = settings.get_relay()
    return SmtpRelay(RelaySettings(*relay), to_email) if relay else NoRelay()


class NoRelay:
    """Where no relay is set: every mail waits in the outbox and says why."""

    async def send(self, mail: Mail, on_handing_over: Callable[[], Awaitable[None]] | None = None) -> None:
        raise RetryLater("relay", "LUOTSI_SMTP_RELAY is not set")
