"""The staff user of `luotsi up`: who logs in, and the token for scripts; and a few sample cases, by the real doors."""

from __future__ import annotations

import asyncio
import json
import secrets
import smtplib
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from cli.database import open_database
from cli.ports import write_private
from hub.owners import set_presence
from hub.people import NewPerson, add_person, enrol_totp, find_person
from hub.tables import Person, Role
from hub.tokens import add_token

STAFF = (
    NewPerson(email="kaisa@luotsi.example", name="Kaisa Laine", role=Role.SUPERVISOR, languages=("fi", "en")),
    NewPerson(email="oskar@luotsi.example", name="Oskar Lind", role=Role.AGENT, languages=("sv", "fi", "en")),
    NewPerson(email="emma@luotsi.example", name="Emma Reed", role=Role.AGENT, languages=("en",)),
)
SKILLS = ("magazine", "delivery", "app_store")


@dataclass(frozen=True)
class DemoLogin:
    """`totp_secret` is empty where the second factor is not asked for."""

    email: str
    password: str
    token: str
    totp_secret: str = ""


async def open_demo_login(database_url: str, data_dir: Path) -> DemoLogin | None:
    """The same one at every start, kept in the data directory. None where staff was added by somebody else."""
    kept = data_dir / "login.json"
    if kept.exists():
        return DemoLogin(**json.loads(kept.read_text("utf-8")))
    now = datetime.now(UTC)
    password = secrets.token_urlsafe(12)
    async with open_database(database_url) as database, database.transaction() as session:
        if await find_person(session, STAFF[0].email) is not None:
            return None
        people = [await _add(session, new, password, now) for new in STAFF]
        secret = await enrol_totp(session, people[0])
        token = await add_token(session, Role.SUPERVISOR, "made by luotsi up", now, people[0].id)
    login = DemoLogin(STAFF[0].email, password, token, secret)
    write_private(kept, json.dumps(asdict(login)))
    return login


async def _add(session: AsyncSession, new: NewPerson, password: str, now: datetime) -> Person:
    person = await add_person(session, new.model_copy(update={"password": password, "skills": SKILLS}), now)
    await set_presence(session, person.id, True, now=now)
    return person


@dataclass(frozen=True)
class Sample:
    """A reader's mail, and what is ordered to be wrong for it at a partner's sandbox."""

    partner: str
    fault: Mapping[str, str]
    name: str
    address: str
    subject: str
    text: str


def make_samples(now: datetime) -> list[Sample]:
    """About the issues of this month and today, so that they fit on any day."""
    month, day = f"{now:%Y-%m}", f"{now:%Y-%m-%d}"
    year, week, _ = now.isocalendar()
    return [
        Sample(
            "delivery",
            {"link": "delivered", "kind": "no_licence", "customer": "liisa.korpi@example.net", "item": f"hbr/{month}"},
            "Liisa Korpi",
            "liisa.korpi@example.net",
            "HBR puuttuu taas",
            "Hei,\n\nuusin Harvard Business Review ei näy Ziniossa, vaikka se on jo ilmestynyt. Luen iPadilla.\n"
            "Olen jo kirjautunut ulos ja sisään.\n\nLiisa Korpi\n",
        ),
        Sample(
            "delivery",
            {"link": "published", "kind": "not_published", "item": f"hbl/{day}"},
            "Sofia Lindholm",
            "sofia.lindholm@example.com",
            "Dagens HBL",
            "Hej!\n\nDagens Hufvudstadsbladet finns inte i PressReader på min iPhone. Gårdagens öppnas fint.\n\n"
            "Sofia Lindholm\n",
        ),
        Sample(
            "app_store",
            {
                "link": "entitled",
                "kind": "expired",
                "customer": "d.price@example.org",
                "item": f"economist/{year}-W{week:02}",
            },
            "Daniel Price",
            "d.price@example.org",
            "This week's Economist",
            "Hello,\n\nThis week's Economist hasn't turned up in Zinio on my iPhone. I bought it in the App Store.\n"
            "Restarting the app made no difference.\n\nDaniel Price\n",
        ),
    ]


async def send_samples(smtp: tuple[str, int], sandboxes: Mapping[str, str], support: str, data_dir: Path) -> bool:
    """Once in the life of a data directory; False when they had been sent before."""
    mark = data_dir / "samples_sent"
    if mark.exists():
        return False
    for sample in make_samples(datetime.now(UTC)):
        await asyncio.to_thread(_order, f"{sandboxes[sample.partner]}/_sandbox/faults", sample.fault)
        await asyncio.to_thread(_send, smtp, sample, support)
    mark.touch()
    return True


def _order(url: str, fault: Mapping[str, str]) -> None:
    body = json.dumps(fault).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10):
        pass


def _send(smtp: tuple[str, int], sample: Sample, support: str) -> None:
    mail = EmailMessage()
    mail["From"] = f"{sample.name} <{sample.address}>"
    mail["To"] = support
    mail["Subject"] = sample.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{secrets.token_hex(8)}@example.com>"
    mail.set_content(sample.text)
    with smtplib.SMTP(*smtp, timeout=10) as door:
        door.send_message(mail)
