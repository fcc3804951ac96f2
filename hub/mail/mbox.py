"""An mbox file: where each mail stands in it. Read by lines, so that a file may be larger than memory.

A mail begins at a line `From sender date` after an empty line, or at the start of the file (RFC 4155). Other lines
that start with "From " are a mail's own words: many programs do not quote them as they should.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple

from hub.mail.headers import parse_date

_BEGINS = re.compile(rb"From (?:(\S*) +)?(\w{3} \w{3} +\d{1,2} +\d\d:\d\d(?::\d\d)?[^\r\n]*\d{4}\b[^\r\n]*)\r?\n?")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_DATE = re.compile(rb"^date:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\n\r?\n")


class Place(NamedTuple):
    """`line` counts from 1. `start`..`end` are the octets of the mail without the line that begins it; `begun_at` is
    that line's date, None for what stands before the first mail."""

    line: int
    start: int
    end: int
    sender: str
    begun_at: datetime | None


def find_mails(file: BinaryIO) -> Iterator[Place]:
    """In the order of the file. What stands before the first mail, if anything, comes as a place without a date."""
    line, start, sender, begun_at = 1, 0, "", None
    at, is_after_blank, has_words = 0, True, False
    for number, written in enumerate(file, 1):
        begins = _BEGINS.fullmatch(written) if is_after_blank and written.startswith(b"From ") else None
        if begins:
            if has_words or begun_at:
                yield Place(line, start, at, sender, begun_at)
            line, start, has_words = number, at + len(written), False
            sender, begun_at = _to_text(begins[1] or b""), parse_date(_to_text(begins[2]))
        else:
            has_words = has_words or bool(written.strip())
        at += len(written)
        is_after_blank = not written.strip()
    if has_words or begun_at:
        yield Place(line, start, at, sender, begun_at)


def read_content(file: BinaryIO, place: Place) -> bytes:
    """As it was before it was put into the file: the quoting of "From " lines and the last empty line are undone."""
    file.seek(place.start)
    content = file.read(place.end - place.start)
    for empty in (b"\r\n", b"\n"):
        if content.endswith(empty * 2):
            content = content.removesuffix(empty)
            break
    return _QUOTED.sub(rb"\1", content)


def find_date(content: bytes) -> datetime | None:
    """Its Date header, without reading the rest."""
    found = _DATE.search(_HEAD_END.split(content, maxsplit=1)[0])
    return parse_date(_to_text(found[1]).strip()) if found else None


def _to_text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
