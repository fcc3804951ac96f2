from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.app_store import connector, mapping

FOLDER = Path(connector.__file__).parent


@pytest.fixture
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((FOLDER / "manifest.yaml").read_text())
    return loaded


def test_the_manifest_says_what_the_connector_supports(manifest: dict[str, Any]) -> None:
    assert set(manifest["supports"]) == {str(c) for c in connector.AppStoreConnector.supports}
    assert (manifest["partner"], manifest["links"]) == (mapping.PARTNER, [mapping.LINK])


def test_every_claim_is_done_to_do_or_exempt_with_a_reason(manifest: dict[str, Any]) -> None:
    claims = [claim for level in ("bronze", "silver", "gold") for claim in manifest["quality"][level].values()]
    assert len(claims) == 26
    assert all(re.fullmatch(r"done|todo|exempt: \S.+", claim) for claim in claims)


def test_every_oddity_says_why_it_matters() -> None:
    blocks = (FOLDER / "BEHAVIOUR.md").read_text().split("\n\n")
    oddities = [block for block in blocks if not block.startswith("#")][1:]
    assert len(oddities) > 10
    assert [o for o in oddities if not re.search(r"Why this matters: [^\n]+(\n[^\n]+)?\.$", o.rstrip())] == []
