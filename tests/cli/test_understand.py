from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.understand import app
from hub.facts import Catalogue
from hub.ports import Publication

MAIL = """\
From: Matti <matti@example.fi>
Date: Thu, 12 Nov 2026 08:41:10 +0200
Subject: Lehti puuttuu

Marraskuun {title} ei näy Zinion sovelluksessa iPadilla.
"""
ROW = {"id": "x", "date": "2026-11-12T08:41:10+02:00", "subject": "HBR", "body": "HBR puuttuu iPadilta."}


@pytest.fixture(autouse=True)
def empty_data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUOTSI_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*arguments: str, stdin: str) -> Any:
    result = CliRunner().invoke(app, arguments, input=stdin)
    assert result.exit_code == 0, result.exception
    return json.loads(result.output)


def test_the_facts_of_a_mail_come_with_their_words() -> None:
    told = run(stdin=MAIL.format(title="HBR"))
    assert told["facts"]["issue"] == ["2026-11"]
    assert ("publication", "hbr", "HBR") in [(s["key"], s["value"], s["quote"]) for s in told["spans"]]


def test_spans_count_from_the_subject() -> None:
    text = f"{ROW['subject']}\n\n{ROW['body']}"
    spans = run("--jsonl", stdin=json.dumps(ROW))["spans"]
    assert [text[s["start"] : s["end"]] for s in spans] == [s["quote"] for s in spans]


def test_a_machines_mail_tells_no_facts() -> None:
    told = run(stdin="Auto-Submitted: auto-replied\n" + MAIL.format(title="HBR"))
    assert (told["kind"], told["facts"]) == ("auto_reply", {})


@pytest.mark.parametrize(
    "written", ['{"publications": [{"id": "own", "title": "Majakka"}]}', "publications: [{id: own, title: Majakka}]"]
)
def test_another_catalogue_is_taken_as_json_or_yaml(tmp_path: Path, written: str) -> None:
    (tmp_path / "other").write_text(written)
    told = run("--catalogue", str(tmp_path / "other"), stdin=MAIL.format(title="Majakka"))
    assert told["facts"]["publication"] == ["own"]
    assert "app" not in told["facts"]


def test_what_partners_told_last_is_known(empty_data_dir: Path) -> None:
    kept = Catalogue(publications=(Publication(id="own", title="Majakka"),))
    (empty_data_dir / "catalogue.json").write_text(kept.model_dump_json())
    facts = run(stdin=MAIL.format(title="Majakka"))["facts"]
    assert (facts["publication"], facts["app"]) == (["own"], ["zinio"])


def test_questions_are_read_line_by_line() -> None:
    asked = run("--questions", "--jsonl", stdin='{"id": "q", "text": "Millä laitteella luet lehteä?"}')
    assert asked == {"id": "q", "asks": ["device"]}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("x", "Expecting value"),
        ("[]", "no JSON object"),
        ('{"body": "x"}', "'date' is missing"),
        ('{"body": "x", "date": "soon"}', ""),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number(line: str, why: str) -> None:
    refused = CliRunner().invoke(app, ["--jsonl"], input=f"\n{line}\n")
    assert str(refused.exception).startswith("line 2: ")
    assert why in str(refused.exception)


def test_a_file_that_is_no_catalogue_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("- only\n- a list\n")
    refused = CliRunner().invoke(app, ["--catalogue", str(tmp_path / "bad")], input="")
    assert "is no catalogue" in str(refused.exception)
