"""The catalogue that messages are read against: publications, reading apps, partners. Always an argument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.ports import Publication, Value


class App(Value):
    id: str
    title: str
    aliases: tuple[str, ...] = ()


class Partner(Value):
    """`role` is what the facts call it in `contacted`: app_store, publisher, delivery, grid, service_desk."""

    id: str
    role: str
    names: tuple[str, ...] = ()


class Catalogue(Value):
    publications: tuple[Publication, ...] = ()
    apps: tuple[App, ...] = ()
    partners: tuple[Partner, ...] = ()

    def find_publication(self, publication_id: str) -> Publication | None:
        return next((row for row in self.publications if row.id == publication_id), None)


def parse_catalogue(written: Mapping[str, Any]) -> Catalogue:
    """Reads the form of catalogue.json, from JSON or YAML. Raises pydantic's ValidationError."""
    known = {name: written.get(name) or () for name in ("publications", "apps", "partners")}
    return Catalogue.model_validate(known)
