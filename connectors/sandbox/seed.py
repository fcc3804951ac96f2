"""The people, publications and issues that every sandbox partner starts from: one file, or made from a number."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pydantic import BaseModel
from ruamel.yaml import YAML

from hub.ports import Publication

SEED_FILE = Path(__file__).with_name("seed.yaml")


class Subscription(BaseModel):
    publication: str
    order: str
    device: str = "iPad"
    since: date = date(2025, 1, 2)


class SeedPerson(BaseModel):
    name: str
    email: str
    language: str = "fi"
    subscriptions: list[Subscription]


class Seed(BaseModel):
    publications: list[Publication]
    people: list[SeedPerson]

    def get_publication(self, publication: str) -> Publication:
        return next(p for p in self.publications if p.id == publication)

    def find_person(self, email: str) -> SeedPerson | None:
        return next((p for p in self.people if p.email == email.strip().lower()), None)


class Issue(BaseModel):
    publication: str
    issue: str
    published_at: datetime

    @property
    def item(self) -> str:
        return f"{self.publication}/{self.issue}"

    @property
    def identifier(self) -> str:
        """The UUID that the feed and the licence server both know the issue by."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"issue:{self.item}"))


def load_seed(source: str | None = None) -> Seed:
    """`source` is a file, a number (other people, the same every time), or None for the file that comes along."""
    if source is not None and source.isdigit():
        return _others(int(source))
    path = Path(source) if source else SEED_FILE
    return Seed.model_validate(YAML(typ="safe").load(path.read_text("utf-8")))


def _others(number: int) -> Seed:
    base, dice = load_seed(), random.Random(number)
    first = [
        "Aino",
        "Eero",
        "Helmi",
        "Onni",
        "Siiri",
        "Veikko",
        "Elsa",
        "Nils",
        "Ebba",
        "Oliver",
        "Ruby",
        "Hugo",
    ]
    last = ["Laine", "Koski", "Niemi", "Lund", "Berg", "Holm", "Carter", "Reed", "Salmi", "Heino"]
    people = [_person(dice, f"{dice.choice(first)} {dice.choice(last)}", index, base) for index in range(12)]
    return Seed(publications=base.publications, people=people)


def _person(dice: random.Random, name: str, index: int, base: Seed) -> SeedPerson:
    titles = dice.sample([p.id for p in base.publications], dice.randint(1, 3))
    held = [
        Subscription(publication=t, order="M" + "".join(dice.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=9)))
        for t in titles
    ]
    email = f"{name.lower().replace(' ', '.')}{index}@example.net"
    return SeedPerson(name=name, email=email, language=dice.choice(["fi", "sv", "en"]), subscriptions=held)


def issues_until(publication: Publication, now: datetime, days: int = 430) -> list[Issue]:
    """All issues published in the `days` before `now`, oldest first.

    Monthly ones come out on the 2nd, weekly ones on Monday, daily ones every day, all at 03:00 UTC.
    """
    found: list[Issue] = []
    day = (now - timedelta(days=days)).date()
    while day <= now.date():
        at = datetime.combine(day, time(3), UTC)
        name = _issue_of(publication.frequency, day)
        if name and at <= now:
            found.append(Issue(publication=publication.id, issue=name, published_at=at))
        day += timedelta(days=1)
    return found


def _issue_of(frequency: str, day: date) -> str | None:
    if frequency == "monthly":
        return f"{day:%Y-%m}" if day.day == 2 else None
    if frequency == "weekly":
        year, week, weekday = day.isocalendar()
        return f"{year}-W{week:02}" if weekday == 1 else None
    return day.isoformat()
