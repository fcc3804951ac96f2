from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.playbooks import app, load_partners
from connectors.app_store.mapping import BREAKS
from connectors.delivery.mapping import ENDED

MAGAZINE = Path("playbooks/magazine.yaml").read_text("utf-8")


def check(*files: Path) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, files)])


def test_the_playbooks_that_come_along_have_no_fault() -> None:
    assert check().exit_code == 0


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("due: PT24H", "due: soon", "links.2.due"),
        ("    fixer: publisher_desk", "    fixer: printer", "no connector is called printer"),
        ("    partner: app_store", "    partner: shop", "no connector is called shop"),
        ("      not_published:", "      out_of_print:", "delivery never gives the reason out_of_print for published"),
        ("  - id: delivered", "  - id: driven", "delivery does not observe driven"),
        ("    partner: delivery\n    title: {fi: Toi", "    partner: post\n    title: {fi: Toi", "called post"),
        ("  extend:\n", "  extended:\n", "app_store has no remedy extended; it has extend, refund"),
        ("en: Published}", 'en: ""}', "there is no text in en"),
        ('"Kerron sinulle, miten', '"{nobody} kertoo, miten', "cannot name {nobody}"),
        ('"{item} finns att läsa', '"{item finns att läsa', "braces"),
    ],
)
def test_a_fault_is_told_with_the_file_and_the_line_to_mend(tmp_path: Path, good: str, bad: str, told: str) -> None:
    path = tmp_path / "magazine.yaml"
    path.write_text(MAGAZINE.replace(good, bad, 1))
    result = check(path)
    [fault] = result.output.splitlines()
    line = int(fault.removeprefix(f"{path}:").partition(":")[0])
    assert (result.exit_code, told in fault) == (1, True)
    assert bad.partition("\n")[0].strip() in MAGAZINE.replace(good, bad, 1).splitlines()[line - 1]


def test_every_fault_of_every_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MAGAZINE.replace("en: Published}", 'en: ""}').replace("extend:", "extended:"))
    (tmp_path / "b.yaml").write_text("playbook: [\n")
    told = check(tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml").output.splitlines()
    assert [line.partition(":")[0] for line in told] == [str(tmp_path / f"{n}.yaml") for n in "aabc"]


def test_the_reasons_that_partners_declare_are_those_of_their_mapping() -> None:
    partners = load_partners()
    assert set(partners["app_store"].reasons["entitled"]) == set(BREAKS.values())
    assert set(partners["delivery"].reasons["delivered"]) > ENDED
