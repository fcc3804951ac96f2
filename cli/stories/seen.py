"""What was seen at the doors while a story was played: the evidence that the checks look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cli.stories.plot import Plot
from connectors.sandbox.driver import Answer, Json, Visit
from hub.facts import Catalogue


@dataclass
class Page:
    """The customer's page, opened without signing in, and the case as staff saw it at that moment."""

    answer: Answer
    case: Json


@dataclass
class Heard:
    """Words of the desk's people. `pushed` is how many webhooks carried them, `reached` whether the case has them."""

    text: str
    pushed: int
    reached: bool


@dataclass
class Episode:
    """One failure of one issue. `first` is the case once the first mail was answered, `last` at the end."""

    at: datetime
    item: str
    visits: list[Visit] = field(default_factory=list)
    first: Json = None
    last: Json = None
    pages: list[Page] = field(default_factory=list)
    refusals: list[Answer] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)


@dataclass
class Seen:
    """`mails`, `tickets` and `licences` are the catcher's, the desk's and the delivery partner's own records.
    `staff` by e-mail address."""

    plot: Plot
    support_address: str
    public_url: str
    zone: str
    catalogue: Catalogue
    staff: dict[str, str]
    september: Episode
    november: Episode
    mails: list[Json] = field(default_factory=list)
    tickets: list[Json] = field(default_factory=list)
    licences: list[Json] = field(default_factory=list)
    problem: Json = None

    @property
    def episodes(self) -> tuple[Episode, Episode]:
        return self.september, self.november
