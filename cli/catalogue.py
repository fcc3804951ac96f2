"""The catalogue that a command reads messages against: a file that was named, or what this hub knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connectors.sandbox.seed import load_seed
from flows.catalogue import join_publications, load_kept, load_names
from hub.errors import InvalidInput
from hub.facts import Catalogue, parse_catalogue

NAMES = Path(__file__).parents[1] / "config" / "catalogue.yaml"


def load_file(path: Path) -> Catalogue:
    """JSON or YAML, in the form of catalogue.json."""
    try:
        return parse_catalogue(_parse(path.read_text("utf-8")))
    except (ValueError, YAMLError, AttributeError) as error:
        told = f"{error.error_count()} faults: {error}" if isinstance(error, ValidationError) else str(error)
        raise InvalidInput(f"{path} is no catalogue: {told}") from error


def _parse(text: str) -> Any:
    """What looks like JSON is read as such: YAML's escapes are not quite the same."""
    return json.loads(text) if text.lstrip().startswith("{") else YAML(typ="safe", pure=True).load(text)


def load_known(data_dir: Path) -> Catalogue:
    """The names of the configuration, and the publications that partners told last: before they have told any, those
    of the sandbox."""
    return join_publications(load_names(NAMES), load_kept(data_dir / "catalogue.json") or load_seed().publications)
