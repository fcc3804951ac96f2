import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hub.facts import Catalogue, parse_catalogue, read_facts, to_jsonable

FIXTURES = Path(__file__).parent / "fixtures"
WEDNESDAY = datetime.fromisoformat("2026-11-18T12:00:00+02:00")
Read = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return parse_catalogue(YAML(typ="safe", pure=True).load((FIXTURES / "catalogue.yaml").read_text("utf-8")))


@pytest.fixture(scope="session")
def read(catalogue: Catalogue) -> Read:
    """Reads a message of Wednesday 18 November 2026 (week 47), as facts in the form of FACTS.md."""

    def read_one(body: str, subject: str = "", sent_at: datetime = WEDNESDAY) -> dict[str, Any]:
        return to_jsonable(read_facts(subject, body, sent_at, catalogue))

    return read_one


@pytest.fixture(scope="session")
def rows() -> Callable[[str], list[dict[str, Any]]]:
    def load(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (FIXTURES / name).read_text("utf-8").splitlines()]

    return load
