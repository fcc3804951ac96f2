"""The catalogue that messages are read against: names from a file, publications from the partners' own catalogues."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hub.errors import PartnerError
from hub.facts import Catalogue, parse_catalogue
from hub.ports import Capability, Connector, Publication

log = logging.getLogger(__name__)


def load_names(path: Path) -> Catalogue:
    written: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return parse_catalogue(written)


async def load_catalogue(names: Path, connectors: Mapping[str, Connector], kept: Path | None = None) -> Catalogue:
    """`kept` is a copy for the next start: with a partner away its publications are known all the same."""
    written = load_names(names)
    told = await _ask(connectors)
    if kept is not None:
        told = _keep(kept, told)
    return join_publications(written, told)


def join_publications(written: Catalogue, told: Iterable[Publication]) -> Catalogue:
    """What the file says of a publication holds over what partners tell of it."""
    by_id = {p.id: p for p in (*told, *written.publications)}
    return written.model_copy(update={"publications": tuple(by_id.values())})


async def _ask(connectors: Mapping[str, Connector]) -> list[Publication]:
    told: list[Publication] = []
    for name, connector in connectors.items():
        if Capability.CATALOGUE in connector.supports:
            try:
                told += await connector.publications()
            except PartnerError as error:
                log.warning("no catalogue from %s: %s", name, error.detail)
    return told


def _keep(kept: Path, told: list[Publication]) -> list[Publication]:
    if told:
        aside = kept.with_suffix(f".{os.getpid()}.new")  # whole or not at all: we may be killed while we write
        aside.write_text(Catalogue(publications=tuple(told)).model_dump_json(), "utf-8")
        aside.replace(kept)
        return told
    return load_kept(kept)


def load_kept(kept: Path) -> list[Publication]:
    """What partners told last; nothing before the first time."""
    return list(Catalogue.model_validate_json(kept.read_bytes()).publications) if kept.exists() else []
