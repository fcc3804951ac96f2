from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.quality import (
    CLAIMS,
    LEVEL_OF,
    Claim,
    Level,
    check_quality,
    find_level,
    list_manifests,
    read_manifest,
    report,
    to_claim,
)
from hub.errors import InvalidInput

Write = Callable[..., Path]
CONTRACT = "../../tests/connectors/courier/test_contract.py"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A partner's folder in which all is done, save what is changed."""
    folder = tmp_path / "connectors" / "courier"
    for name in ("settings.py", "wire.py", "../sandbox/courier.py", CONTRACT):
        (folder / name).resolve().parent.mkdir(parents=True, exist_ok=True)
        (folder / name).resolve().touch()
    (folder / "BEHAVIOUR.md").write_text("# Courier\n\n## Dates\nNo zone. Why this matters: an hour.\n")

    def make(claims: dict[str, Any] | None = None, **changed: Any) -> Path:
        quality = {level.value: {n: (claims or {}).get(n, "done") for n in names} for level, names in CLAIMS.items()}
        told = {"partner": "courier", "title": "Courier", "keeper": "Ops", "supports": [], "links": []}
        YAML().dump({**told, "quality": quality, **changed}, folder / "manifest.yaml")
        return folder / "manifest.yaml"

    return make


@pytest.mark.parametrize("path", list_manifests(), ids=lambda path: path.parent.name)
def test_each_partners_manifest_answers_every_claim_and_is_bronze(path: Path) -> None:
    quality = check_quality(path)
    assert quality.wrong == ()
    assert quality.level is not Level.NONE


def test_the_desk_is_among_them() -> None:
    assert "publisher_desk" in [path.parent.name for path in list_manifests()]


def test_all_done_is_gold(write: Write) -> None:
    quality = check_quality(write())
    assert (quality.level, quality.missing, quality.wrong) == (Level.GOLD, (), ())


def test_a_todo_holds_its_level_back_and_is_missing(write: Write) -> None:
    quality = check_quality(write({"rate limit kept": "todo"}))
    assert (quality.level, quality.missing) == (Level.BRONZE, ("rate limit kept",))


def test_an_exemption_with_a_reason_holds(write: Write) -> None:
    assert check_quality(write({"re-login works": "exempt: there is no session"})).level is Level.GOLD


@pytest.mark.parametrize("told", ["exempt", "exempt: ", "yes", True, None, {"exempt": None}, {"done": "x"}])
def test_what_is_neither_done_todo_nor_exempt_with_a_reason_is_wrong(write: Write, told: Any) -> None:
    quality = check_quality(write({"timeouts": told}))
    assert (quality.level, quality.wrong) == (Level.NONE, ("timeouts: neither done, todo nor exempt: reason",))


def test_an_exemption_may_be_written_as_a_mapping() -> None:
    assert to_claim({"exempt": "read only"}) == Claim(state="exempt", reason="read only")


def test_a_claim_not_answered_is_wrong(write: Write) -> None:
    quality = check_quality(write(quality={"bronze": {}}))
    assert len(quality.wrong) == len(LEVEL_OF)


def test_a_claim_that_is_none_of_ours_is_wrong(write: Write) -> None:
    told = {level.value: dict.fromkeys(names, "done") for level, names in CLAIMS.items()}
    assert check_quality(write(quality={**told, "gold": {**told["gold"], "shiny": "done"}})).wrong == (
        "shiny: not a claim of gold",
    )


def test_underscores_name_the_same_claim(write: Write) -> None:
    told = {
        level.value: {n.replace(" ", "_").replace("-", "_"): "done" for n in names} for level, names in CLAIMS.items()
    }
    assert check_quality(write(quality=told)).wrong == ()


def test_silver_without_bronze_is_no_level() -> None:
    assert find_level(set(CLAIMS[Level.SILVER])) is Level.NONE


@pytest.mark.parametrize("name", ["settings.py", "wire.py", "BEHAVIOUR.md", "../sandbox/courier.py", CONTRACT])
def test_a_claim_that_the_folder_gainsays_is_wrong(write: Write, name: str) -> None:
    path = write()
    (path.parent / name).unlink()
    assert [fault.rpartition(" ")[2] for fault in check_quality(path).wrong] == [Path(name).name]


def test_nobody_is_no_keeper(write: Write) -> None:
    assert check_quality(write(keeper=" ")).wrong == ("keeper named: nobody is",)


def test_behaviour_that_does_not_say_why_it_matters_is_wrong(write: Write) -> None:
    path = write()
    (path.parent / "BEHAVIOUR.md").write_text("# Courier\n\n## Dates\nThey have no zone.\n")
    assert check_quality(path).wrong == ("behaviour written: 'Dates' does not end on why it matters",)


def test_a_partner_is_called_as_its_folder(write: Write) -> None:
    assert "partner: the folder is courier" in check_quality(write(partner="post")).wrong


def test_a_manifest_that_cannot_be_read_says_where(write: Write) -> None:
    with pytest.raises(InvalidInput, match=r"manifest\.yaml: supports\.0"):
        read_manifest(write(supports=["flying"]))


def test_a_manifest_that_is_no_yaml_says_where(write: Write) -> None:
    path = write()
    path.write_text("partner: [")
    with pytest.raises(InvalidInput, match=r"manifest\.yaml"):
        read_manifest(path)


def test_the_report_names_level_and_what_is_left(write: Write) -> None:
    path = write({"diagnostics page": "todo"})
    assert report(path.parent.parent) == "courier: silver\n  todo   diagnostics page"
