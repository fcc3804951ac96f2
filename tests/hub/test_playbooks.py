import re
from pathlib import Path

import pytest

from hub.chain import State, Verdict, to_sentence
from hub.errors import InvalidInput, NotFound
from hub.playbooks import LANGUAGES, Playbook, load_playbooks, parse_playbook

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


SHIPPED = load_playbooks(Path("playbooks")).values()


@pytest.mark.parametrize("file", sorted(Path("playbooks").glob("*.yaml")), ids=lambda f: f.name)
def test_a_shipped_text_names_only_what_is_known_wherever_it_is_said(file: Path) -> None:
    texts = re.sub(r"^#.*", "", file.read_text("utf-8"), flags=re.MULTILINE)
    assert set(re.findall(r"\{(\w+)\}", texts)) == {"item", "title"}


@pytest.mark.parametrize("playbook", SHIPPED, ids=lambda p: p.playbook)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_of_a_shipped_chain_can_be_told(playbook: Playbook, language: str) -> None:
    broken = [(link, reason) for link in playbook.links for reason in link.reasons]
    told = [
        *(Verdict(state=State.BROKEN, link=link.id, partner=link.partner, reason=reason) for link, reason in broken),
        *(Verdict(state=state, link=playbook.links[0].id) for state in (State.UNKNOWN, State.WAITING)),
        *(Verdict(state=state) for state in (State.WHOLE, State.NO_ITEM)),
    ]
    said = [to_sentence(verdict, playbook, language, {"item": "HBR"}) for verdict in told]
    assert [sentence for sentence in said if "{" in sentence or not sentence.endswith(".")] == []
    assert len(set(said)) > len(broken) // 2


@pytest.mark.parametrize("playbook", SHIPPED, ids=lambda p: p.playbook)
def test_a_shipped_playbook_promises_what_the_pilot_promises(playbook: Playbook) -> None:
    assert {"news", "arrival"} <= set(playbook.promises)
