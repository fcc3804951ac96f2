from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.read import app
from hub.mail.report import read_mail

MAIL = """\
From: Väinö <vaino@example.fi>
Subject: =?utf-8?q?Lehti_=E2=82=AC?=
Date: Thu, 12 Nov 2026 08:41:10 +0200

Hei
"""


def test_a_mail_is_read_as_the_intake_reads_it() -> None:
    shown = CliRunner().invoke(app, [], input=MAIL.encode())
    assert json.loads(shown.stdout_bytes) == read_mail(MAIL.encode())
    assert "Lehti €".encode() in shown.stdout_bytes


def test_what_is_no_mail_is_shown_all_the_same() -> None:
    shown = CliRunner().invoke(app, [], input=b"\xff\xfe\x00 nothing of a mail")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout_bytes)["problems"]


def test_half_a_surrogate_pair_is_still_json() -> None:
    shown = CliRunner().invoke(app, [], input=b"Subject: =?utf-16?b?2AA=?=\n\nHei\n")
    assert json.loads(shown.stdout_bytes)["text"] == "Hei"


def test_a_folder_gives_a_line_for_each_file(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name in ("b.eml", "a.eml", "more/c"):
        (tmp_path / name).write_text(MAIL.replace("Hei", name))
    lines = CliRunner().invoke(app, ["--jsonl", str(tmp_path)]).output.splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["a.eml", "b.eml", "more/c"]
    assert [json.loads(line)["text"] for line in lines] == ["a.eml", "b.eml", "more/c"]


def test_a_folder_that_is_not_there_is_said() -> None:
    assert CliRunner().invoke(app, ["--jsonl", "/nope"]).exit_code == 2
