"""Who a story is about and how it goes: Matti's own, or another one made from a number, the same every time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.sandbox.seed import Seed, SeedPerson, load_seed
from hub.ports import Publication

SEPTEMBER = datetime(2026, 9, 15, 6, 0, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 12, 6, 41, 10, tzinfo=UTC)
STAFF = ("Kaisa Laine", "Otto Rinne", "Petra Salo", "Jonas Ek", "Ida Holm")
FAULTS = ("no_licence", "revoked")


@dataclass(frozen=True)
class Plot:
    """`asks_late` is whether the owner tries to ask for what is known only after the copy arrived; `answers_old_mail`
    whether the second complaint is written as an answer in the first one's thread."""

    seed: Seed
    person: SeedPerson
    publication: Publication
    staff: tuple[str, ...] = STAFF[:2]
    fault: str = FAULTS[0]
    asks_late: bool = False
    answers_old_mail: bool = False

    def to_item(self, at: datetime) -> str:
        """The issue of that month."""
        return f"{self.publication.id}/{at:%Y-%m}"


def make_plot(number: int | None = None) -> Plot:
    """Without a number, Matti's."""
    seed = load_seed(None if number is None else str(number))
    person, publication = next(
        (person, publication)
        for person in seed.people
        for publication in (seed.get_publication(held.publication) for held in person.subscriptions)
        if publication.frequency == "monthly"
    )
    if number is None:
        return Plot(seed, person, publication)
    dice = random.Random(number)
    return Plot(
        seed,
        person,
        publication,
        staff=tuple(dice.sample(STAFF, 3)),
        fault=dice.choice(FAULTS),
        asks_late=dice.random() < 0.5,
        answers_old_mail=dice.random() < 0.5,
    )
