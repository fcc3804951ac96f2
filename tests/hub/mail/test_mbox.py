from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from hub.mail.mbox import find_date, find_mails, read_content

BEGIN = b"From matti@example.fi Tue Sep 15 08:00:00 2026\n"


def read(archive: bytes) -> list[tuple[int, bytes]]:
    file = io.BytesIO(archive)
    return [(place.line, read_content(file, place)) for place in list(find_mails(file))]


def test_each_mail_is_found_with_its_line() -> None:
    assert read(BEGIN + b"A: 1\n\none\n\n" + BEGIN + b"A: 2\n\ntwo\n") == [(1, b"A: 1\n\none\n"), (6, b"A: 2\n\ntwo\n")]


def test_the_line_that_begins_a_mail_tells_sender_and_date() -> None:
    [place] = find_mails(io.BytesIO(BEGIN + b"A: 1\n\none\n"))
    assert (place.sender, place.begun_at) == ("matti@example.fi", datetime(2026, 9, 15, 8, tzinfo=UTC))


@pytest.mark.parametrize("begins", [b"From - Thu Nov 12 08:41:10 2026", b"From 178@xxx Thu Nov 12 08:41:10 +0000 2026"])
def test_other_programs_begin_a_mail_in_other_ways(begins: bytes) -> None:
    [place] = find_mails(io.BytesIO(begins + b"\r\nA: 1\r\n\r\none\r\n"))
    assert place.begun_at == datetime(2026, 11, 12, 8, 41, 10, tzinfo=UTC)


def test_words_that_start_with_from_begin_no_mail() -> None:
    assert len(read(BEGIN + b"A: 1\n\nHello\n\nFrom now on I read 2026 issues\n\nFrom me\n")) == 1


def test_a_line_in_the_middle_of_a_paragraph_begins_no_mail() -> None:
    assert len(read(BEGIN + b"A: 1\n\nit said\n" + BEGIN + b"and so on\n")) == 1


def test_quoting_is_undone() -> None:
    [(_, content)] = read(BEGIN + b"A: 1\n\n>From here\n>>From there\n> From afar\n")
    assert content == b"A: 1\n\nFrom here\n>From there\n> From afar\n"


def test_what_stands_before_the_first_mail_is_not_lost() -> None:
    file = io.BytesIO(b"half a mail\n\n" + BEGIN + b"A: 1\n\none\n")
    first, _ = list(find_mails(file))
    assert (first.begun_at, read_content(file, first)) == (None, b"half a mail\n")


def test_line_ends_of_windows_stay() -> None:
    archive = (BEGIN + b"A: 1\n\none\n\n" + BEGIN + b"A: 2\n\ntwo\n").replace(b"\n", b"\r\n")
    assert [content for _, content in read(archive)] == [b"A: 1\r\n\r\none\r\n", b"A: 2\r\n\r\ntwo\r\n"]


def test_an_empty_file_has_no_mail() -> None:
    assert read(b"\n\n") == []


@pytest.mark.parametrize(
    "head", [b"Date: Tue, 15 Sep 2026 11:00:00 +0300", b"Date:\n Tue, 15 Sep 2026\n 11:00:00 +0300"]
)
def test_the_date_is_found_in_the_head(head: bytes) -> None:
    assert find_date(b"A: 1\n" + head + b"\nB: 2\n\nbody") == datetime(2026, 9, 15, 8, tzinfo=UTC)


def test_a_date_in_the_text_is_none() -> None:
    assert find_date(b"A: 1\n\nDate: Tue, 15 Sep 2026 11:00:00 +0300\n") is None
