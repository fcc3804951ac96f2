"""What the publisher has put out by now: the issues that are due, without those a fault holds back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import lru_cache

from connectors.sandbox.faults import Faults
from connectors.sandbox.seed import Issue, Seed, issues_until
from hub.clock import Clock
from hub.ports import Publication

SAMPLE = str(uuid.uuid5(uuid.NAMESPACE_URL, "issue:sample"))  # every reader got it when the account was made


class Shelf:
    def __init__(self, seed: Seed, clock: Clock, faults: Faults) -> None:
        self.seed = seed
        self.clock = clock
        self.faults = faults
        self.publications = tuple(seed.publications)

    def list_published(self, publication: str | None = None) -> list[Issue]:
        """Newest first."""
        return [
            issue
            for issue in self.list_due()
            if publication in (None, issue.publication) and not self.is_held_back(issue)
        ]

    def list_due(self) -> list[Issue]:
        """Newest first, held back or not."""
        return list(self._due().values())

    def find_due(self, identifier: str) -> Issue | None:
        return self._due().get(identifier)

    def is_held_back(self, issue: Issue) -> bool:
        return self.faults.find_link("published", None, issue.item) is not None

    def list_recent(self, days: int) -> list[Issue]:
        """Oldest first, held back or not."""
        since = self.clock.now() - timedelta(days=days)
        return [issue for issue in reversed(self.list_due()) if issue.published_at >= since]

    def _due(self) -> dict[str, Issue]:
        """Issues come out on the hour, so an hour's answer stays true."""
        return _list_due(self.publications, self.clock.now().replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=8)
def _list_due(publications: tuple[Publication, ...], hour: datetime) -> dict[str, Issue]:
    due = [issue for publication in publications for issue in issues_until(publication, hour)]
    due.sort(key=lambda issue: (issue.published_at, issue.item), reverse=True)
    return {issue.identifier: issue for issue in due}
