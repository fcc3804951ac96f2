"""How this hub speaks of itself and what it knows of the world: passed to whatever writes to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.facts import Catalogue
from hub.playbooks import Playbook


@dataclass(frozen=True)
class House:
    """`zone` is the IANA name of the time in which people are told when. `secret` signs links."""

    support_address: str
    support_name: str
    public_url: str
    secret: str
    catalogue: Catalogue
    playbooks: Mapping[str, Playbook]
    zone: str = "Europe/Helsinki"

    @property
    def titles(self) -> dict[str, str]:
        """Catalogue ids to the names that people use."""
        named = {p.id: p.title for p in self.catalogue.publications}
        return named | {app.id: app.title for app in self.catalogue.apps}

    def to_item_name(self, item: str | None) -> str:
        """`hbr/2026-11` as `Harvard Business Review 2026-11`."""
        publication, _, issue = (item or "").partition("/")
        return f"{self.titles.get(publication, publication)} {issue}".strip()
