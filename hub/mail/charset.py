"""Octets to text, whatever charset was claimed."""

from __future__ import annotations

import codecs
import re

# What senders mean by these names (as browsers read them), not what the names say.
_MEANT = {
    "ascii": "",
    "us-ascii": "",
    "ansi_x3.4-1968": "",
    "default": "",
    "unknown-8bit": "",
    "x-unknown": "",
    "binary": "",
    "8bit": "",
    "7bit": "",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "big5": "big5hkscs",
}
_NOT_CHARSETS = frozenset({"unicode_escape", "raw-unicode-escape", "idna", "punycode", "undefined", "unicode-escape"})
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def to_storable(text: str) -> str:
    """Without NUL and lone surrogates, which neither PostgreSQL nor UTF-8 can hold."""
    return _NOT_STORABLE.sub("\ufffd", text)


def decode_text(raw: bytes, charset: str = "") -> tuple[str, str]:
    """The text, and a sentence on what was wrong with the charset (empty when nothing was). Never raises."""
    claimed = charset.strip(" \t\r\n\"'").lower()
    meant = _MEANT.get(claimed, claimed)
    if not meant:
        return to_storable(_guess(raw)), ""
    codec = _find_codec(meant)
    if codec is None:
        return to_storable(_guess(raw)), f"The charset {claimed[:40]!a} is not known; another one was tried."
    try:
        return to_storable(raw.decode(codec)), ""
    except (UnicodeError, LookupError, ValueError):
        return to_storable(_guess(raw)), f"The text is not in the charset it claims ({claimed[:40]})."


def _find_codec(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if found in _NOT_CHARSETS else found


def _guess(raw: bytes) -> str:
    """UTF-8 where most of its marks fit, else Windows-1252: what European senders most often mean."""
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken == 0 or sum(ch > "\x7f" for ch in text) > 2 * broken:
        return text
    return raw.decode("cp1252", "replace") if not _has_holes(raw) else raw.decode("latin-1")


def _has_holes(raw: bytes) -> bool:
    """Five octets mean nothing in Windows-1252."""
    return any(octet in raw for octet in b"\x81\x8d\x8f\x90\x9d")
