"""Invented readers, what is ordered to be wrong for each, and the mails they write: no two the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from connectors.sandbox.seed import Seed, SeedPerson, Subscription, load_seed

TITLES = {"hbr": "Harvard Business Review", "fortune": "Fortune", "wired": "WIRED", "natgeo": "National Geographic"}
MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June")
MONTHS += ("July", "August", "September", "October", "November", "December")
FAULTS = ("no_licence", "no_licence", "no_licence", "revoked", "not_opened", "expired", "none")
SECOND = 0.2  # of the mails are a reader's second one on the same matter


@dataclass(frozen=True)
class Reader:
    number: int
    publication: str
    issue: str
    fault: str

    @property
    def email(self) -> str:
        return f"reader{self.number}@example.net"

    @property
    def item(self) -> str:
        return f"{self.publication}/{self.issue}"

    @property
    def order(self) -> dict[str, str] | None:
        """What the delivery sandbox is told to have wrong; None where all is well."""
        if self.fault == "none":
            return None
        return {"link": "delivered", "kind": self.fault, "customer": self.email, "item": self.item}


@dataclass(frozen=True)
class Letter:
    """One mail as its sender has it: octets with CRLF. `word` is in no other."""

    reader: Reader
    word: str
    content: bytes


def make_readers(count: int, dice: random.Random, now: datetime) -> list[Reader]:
    """The issue is this month's, or the last one's where this month's may not be out yet."""
    issue = f"{now - timedelta(days=3):%Y-%m}"
    return [Reader(n, dice.choice(list(TITLES)), issue, dice.choice(FAULTS)) for n in range(count)]


def write_seed(readers: list[Reader], path: Path) -> None:
    people = [
        SeedPerson(
            name=f"Reader {reader.number}",
            email=reader.email,
            language="en",
            subscriptions=[Subscription(publication=reader.publication, order=f"MK{reader.number:08}")],
        )
        for reader in readers
    ]
    known = load_seed()
    seed = Seed(publications=[known.get_publication(title) for title in TITLES], people=people)
    path.write_text(json.dumps(seed.model_dump(mode="json")), "utf-8")  # JSON is YAML


def write_letters(readers: list[Reader], dice: random.Random) -> Iterator[Letter]:
    written: list[Reader] = []
    for reader in readers:
        written.append(reader)
        yield _write(reader, f"first{reader.number}", "does not show up in Zinio on my iPad. I am signed in.")
        if dice.random() < SECOND:
            again = written.pop(dice.randrange(len(written)))
            yield _write(again, f"second{again.number}", "is still missing in Zinio.")


def _write(reader: Reader, word: str, says: str) -> Letter:
    year, month = reader.issue.split("-")
    lines = [
        f"From: Reader {reader.number} <{reader.email}>",
        "To: support@luotsi.example",
        f"Subject: {TITLES[reader.publication]} is missing ({word})",
        f"Message-ID: <{word}@example.net>",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Hello, the {MONTHS[int(month) - 1]} {year} issue of {TITLES[reader.publication]} {says}",
        ".",
        f"Grüße, äiti and {word}",
    ]
    return Letter(reader, word, ("\r\n".join(lines) + "\r\n").encode())
