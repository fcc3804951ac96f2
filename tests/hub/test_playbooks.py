from pathlib import Path

import pytest

from hub.errors import InvalidInput, NotFound
from hub.playbooks import load_playbooks, parse_playbook

MAGAZINE = Path("playbooks/magazine.yaml").read_text("utf-8")


def test_the_playbooks_that_come_along_are_right() -> None:
    assert load_playbooks(Path("playbooks"))["magazine"].partners == ("delivery", "app_store")


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("due: PT24H", "due: soon", "links.2.due"),
        ("remedies: [redeliver]", "remedies: [resend]", "no remedy is called resend"),
        ("    fixer: publisher_desk\n", "", "links.0.fixer: Field required"),
        ("en: Published}", "}", "links.0.title.en"),
        ("  - id: entitled", "  - id: published", "there twice"),
        ("says:", "saya:", "saya"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(good: str, bad: str, told: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_playbook(MAGAZINE.replace(good, bad, 1), "magazine.yaml")
    assert told in str(error.value)
    assert str(error.value).startswith("magazine.yaml:")


def test_the_line_is_the_one_to_mend() -> None:
    lines = MAGAZINE.replace("due: PT24H", "due: soon").splitlines()
    with pytest.raises(InvalidInput) as error:
        parse_playbook("\n".join(lines), "m")
    assert lines[int(str(error.value).split(":")[1]) - 1].strip() == "due: soon"


def test_a_place_that_no_text_can_name_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"cannot name \{itm\}"):
        parse_playbook(MAGAZINE.replace("{item} har publicerats", "{itm} har publicerats"), "m")


def test_what_is_no_yaml_is_told_with_its_line() -> None:
    with pytest.raises(InvalidInput, match=r"^m:\d+: "):
        parse_playbook(MAGAZINE + "  bad: [\n", "m")


def test_a_folder_without_playbooks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_playbooks(tmp_path)
