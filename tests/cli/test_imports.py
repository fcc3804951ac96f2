from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
import sqlalchemy as sa
from sqlmodel import col

from hub.database import Database
from hub.tables import Case, Message, RawMail
from tests.cli.conftest import Luotsi
from tests.hub.archive import MATTI, SUPPORT, mail
from tests.samples import add_person

SEPTEMBER = datetime(2025, 9, 15, 6, tzinfo=UTC)
MAILS = [  # the answer stands before what it answers
    mail(2, SEPTEMBER + timedelta(hours=4), SUPPORT, MATTI, subject="Vs: HBR puuttuu", In_Reply_To="<1@old>"),
    mail(1, SEPTEMBER),
    mail(3, SEPTEMBER, subject="Uutiskirje", Auto_Submitted="auto-generated"),
]


def write_mbox(path: Path, mails: list[bytes], before: bytes = b"") -> str:
    begin = b"From x@example.com Mon Sep 15 08:00:00 2025\n"
    path.write_bytes(before + b"".join(begin + content + b"\n" for content in mails))
    return str(path)


async def list_rows(database: Database, table: Any) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.scalars(sa.select(table).order_by(col(table.id))))


@pytest_asyncio.fixture(autouse=True)
async def staff(committed: Database) -> None:
    async with committed.transaction() as session:
        await add_person(session, "Kaisa", SEPTEMBER)
        await add_person(session, "Otto", SEPTEMBER)
        await add_person(session, "Away", SEPTEMBER, present=False)


async def test_counts_are_told_and_what_found_no_case_by_its_line(luotsi: Luotsi, tmp_path: Path) -> None:
    told = await luotsi("imports", "mbox", write_mbox(tmp_path / "old.mbox", MAILS))
    counts, unplaced = told.output.splitlines()
    assert counts.startswith(
        "3 mails: 2 brought in to 1 cases, 1 of them new; 0 were here already; 1 belong to no case"
    )
    assert unplaced == "  line 22: written by a machine (robot), and about no mail that is here (Uutiskirje)"


async def test_answers_find_what_they_answer_in_any_order(luotsi: Luotsi, committed: Database, tmp_path: Path) -> None:
    await luotsi("imports", "mbox", write_mbox(tmp_path / "old.mbox", MAILS))
    [case] = await list_rows(committed, Case)
    assert (case.opened_at, case.solved_at) == (SEPTEMBER, SEPTEMBER + timedelta(hours=4))


async def test_twice_has_one_effect(luotsi: Luotsi, committed: Database, tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "old.mbox", MAILS, before=b"torn off\n\n")
    await luotsi("imports", "mbox", path)
    again = await luotsi("imports", "mbox", path)
    assert "4 mails: 0 brought in to 0 cases, 0 of them new; 4 were here already; 0 belong" in again.output
    assert [len(await list_rows(committed, table)) for table in (RawMail, Message, Case)] == [4, 4, 1]


async def test_what_is_no_mail_is_kept_and_told(luotsi: Luotsi, committed: Database, tmp_path: Path) -> None:
    told = await luotsi("imports", "mbox", write_mbox(tmp_path / "x", MAILS, before=b"torn off\n\n"))
    assert "  line 1: it stands before the first mail of the file" in told.output
    assert b"torn off\n" in [raw.content for raw in await list_rows(committed, RawMail)]


async def test_every_mail_is_kept_byte_for_byte(luotsi: Luotsi, committed: Database, tmp_path: Path) -> None:
    await luotsi("imports", "mbox", write_mbox(tmp_path / "old.mbox", MAILS))
    assert sorted(raw.content for raw in await list_rows(committed, RawMail)) == sorted(MAILS)


async def test_the_named_person_owns_what_comes_in(luotsi: Luotsi, committed: Database, tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "old.mbox", MAILS)
    assert (await luotsi("imports", "mbox", path, "--owner", "otto@luotsi.example")).exit_code == 0
    assert [case.owner_id for case in await list_rows(committed, Case)] == [2]


async def test_an_owner_who_is_absent_is_refused(luotsi: Luotsi, committed: Database, tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "old.mbox", MAILS)
    refused = await luotsi("imports", "mbox", path, "--owner", "away@luotsi.example")
    assert "is not present" in str(refused.exception)
    assert await list_rows(committed, RawMail) == []


async def test_a_file_that_is_no_mbox_is_refused(luotsi: Luotsi, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Hello\n")
    refused = await luotsi("imports", "mbox", str(tmp_path / "note.txt"))
    assert "note.txt is no mbox file" in str(refused.exception)
