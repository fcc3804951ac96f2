"""Files that old mailers put into the text itself."""

from __future__ import annotations

import binascii
import re

MOST = 100  # places in one text that are tried
_BEGIN = re.compile(r"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
_END = re.compile(r"^end[ \t]*\r?$", re.MULTILINE)


def take_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without its uuencoded files, and the files by name. What only looks like one stays text."""
    files: list[tuple[str, bytes]] = []
    kept, end = "", 0
    for _ in range(MOST):
        begin = _BEGIN.search(text, end)
        if begin is None:
            break
        close = _END.search(text, begin.end())
        if close is None:
            break
        content = decode_uu(text[begin.end() : close.start()].encode("utf-8", "replace"))
        if content is None:
            kept, end = kept + text[end : begin.end()], begin.end()
            continue
        files.append((begin[1].strip(), content))
        kept, end = kept + text[end : begin.start()], close.end()
    return kept + text[end:], files


def decode_uu(body: bytes) -> bytes | None:
    """The lines between `begin` and `end`; None where a line is not uuencoded."""
    try:
        return b"".join(binascii.a2b_uu(line) for line in body.splitlines() if line.strip())
    except binascii.Error:
        return None
