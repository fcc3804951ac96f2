"""Header fields, read leniently: RFC 5322, 2047 and 2231 as senders really write them. Nothing here raises."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from hub.mail.charset import decode_text
from hub.mail.model import Address

LONGEST = 100_000  # characters of one header that are looked at

_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?((?:[^?]|\?(?!=)){0,2000}+)\?=")
_MAILBOX_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.){0,1000}+"'
    r"|=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}+\?="
    r"|\((?:[^()\\]|\\.|\([^()]{0,200}\)){0,500}+\)"
    r"|<[^<>]{0,1000}+>|[,;:]|[^\",;:<(=]++|.",
    re.DOTALL,
)
_MESSAGE_ID = re.compile(r"<([^<>]{1,998}+)>")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100}+)\s*=\s*("(?:[^"\\]|\\.){0,4000}+"?|[^;]*+)', re.DOTALL)
_CONTINUED = re.compile(r"^([^*]+)(?:\*(\d{1,3}))?(\*)?$")


def list_raw(message: Message, name: str) -> list[str]:
    """Every field of this name, unfolded, its octets as text, encoded words not yet decoded."""
    wanted = name.lower()
    return [_unfold(str(value)) for key, value in message.raw_items() if key.lower() == wanted]


def find_raw(message: Message, name: str) -> str | None:
    return next(iter(list_raw(message, name)), None)


def find_text(message: Message, name: str) -> str:
    """The first field of this name, decoded, on one line; empty where there is none."""
    return " ".join(decode_words(find_raw(message, name) or "").split())


def _unfold(value: str) -> str:
    text, _ = decode_text(value[:LONGEST].encode("utf-8", "surrogateescape"))
    return re.sub(r"[\r\n]+", "", text).strip()


def decode_words(text: str) -> str:
    """RFC 2047, also inside quotes and touching other text. Neighbours in one charset are decoded together,
    as some senders split a character between two words."""
    out: list[str] = []
    pending: list[tuple[str, bytes]] = []
    end = 0
    for match in _WORD.finditer(text):
        gap = text[end : match.start()]
        if gap.strip() or not pending:
            out += [*_flush(pending), gap]
        pending.append((match[1].lower(), _decode_word(match[2], match[3])))
        end = match.end()
    return "".join([*out, *_flush(pending), text[end:]])


def _flush(pending: list[tuple[str, bytes]]) -> list[str]:
    joined: list[tuple[str, bytes]] = []
    for charset, raw in pending:
        if joined and joined[-1][0] == charset:
            joined[-1] = (charset, joined[-1][1] + raw)
        else:
            joined.append((charset, raw))
    pending.clear()
    return [decode_text(raw, charset)[0] for charset, raw in joined]


def _decode_word(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    return decode_base64(raw) if encoding in "bB" else binascii.a2b_qp(raw, header=True)


def decode_base64(raw: bytes) -> bytes:
    """What can be had of it: junk skipped, padding supplied, pieces that were joined after padding each read."""
    pieces = re.split(rb"=+", re.sub(rb"[^A-Za-z0-9+/=]", b"", raw))
    return b"".join(_decode_piece(piece) for piece in pieces)


def _decode_piece(piece: bytes) -> bytes:
    whole = piece if len(piece) % 4 != 1 else piece[:-1]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Structure first, encoded words after: a name that decodes to `<other@host>` stays a name."""
    found = (_to_address(tokens) for tokens in _split_mailboxes(text[:LONGEST]))
    return tuple(address for address in found if address is not None)


def _split_mailboxes(text: str) -> Iterator[list[str]]:
    tokens: list[str] = []
    for token in _MAILBOX_TOKEN.findall(text):
        if token in ",;":
            yield tokens
            tokens = []
        elif token == ":":  # what stood before was the name of a group
            tokens = []
        else:
            tokens.append(token)
    yield tokens


def _to_address(tokens: list[str]) -> Address | None:
    angles = [t[1:-1] for t in tokens if _is_enclosed(t, "<>")]
    comments = [t[1:-1] for t in tokens if _is_enclosed(t, "()")]
    words = "".join(t for t in tokens if not _is_enclosed(t, "<>") and not _is_enclosed(t, "()")).strip()
    address = angles[-1] if angles else _find_bare(words)
    name = _to_name(words if angles else words.replace(address, "")) or _to_name(" ".join(comments))
    address = re.sub(r"\s+", "", address.rpartition(":")[2]).lower()
    return Address(name=name, address=address) if name or address else None


def _is_enclosed(token: str, pair: str) -> bool:
    return len(token) > 1 and token[0] == pair[0] and token[-1] == pair[1]


def _find_bare(words: str) -> str:
    bare = re.search(r'(?:"[^"]{0,200}"|[^\s"<>@]{1,500}+)\s{0,9}@\s{0,9}[^\s"<>]{1,500}', words)
    return bare[0] if bare else ""


def _to_name(words: str) -> str:
    plain = re.sub(r'\\(.)|"', r"\1", words)
    return " ".join(decode_words(plain).split()).strip("\"' ")


def parse_message_ids(text: str) -> tuple[str, ...]:
    """In order, each once, with angle brackets."""
    found = (f"<{re.sub(chr(92) + 's+', '', inner)}>" for inner in _MESSAGE_ID.findall(text[:LONGEST]))
    return tuple(dict.fromkeys(found))


def parse_message_id(text: str) -> str | None:
    """The first one; where a sender left out the angle brackets they are put on."""
    found = parse_message_ids(text)
    bare = text.split()
    return found[0] if found else (f"<{bare[0].strip('<>')[:998]}>" if bare and bare[0].strip("<>") else None)


def parse_date(text: str) -> datetime | None:
    """Aware; a date without a zone is taken as UTC. None where it is no date, or of no year a mail can have."""
    try:
        at = parsedate_to_datetime(text[:200])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at if 1970 <= at.year <= 9998 else None


def parse_parameters(text: str) -> tuple[str, dict[str, str]]:
    """The value before the first `;` in lower case, and the parameters: RFC 2231 pieces joined and decoded."""
    value, _, _ = text.partition(";")
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, raw in _PARAMETER.findall(text[:LONGEST]):
        parts = _CONTINUED.match(name.lower())
        if parts:
            piece = (int(parts[2] or 0), bool(parts[3]), _unquote(raw))
            pieces.setdefault(parts[1], []).append(piece)
    return value.strip().lower(), {name: _join(found) for name, found in pieces.items()}


def _unquote(raw: str) -> str:
    text = raw.strip()
    if not text.startswith('"'):
        return text
    # A backslash that is no escape is a Windows path: kept.
    return re.sub(r'\\(["\\])', r"\1", text.strip('"'))


def _join(found: list[tuple[int, bool, str]]) -> str:
    ordered = sorted(found, key=lambda piece: piece[0])
    if not any(encoded for _, encoded, _ in ordered):
        return decode_words("".join(text for _, _, text in ordered))
    charset, ordered[0] = _take_charset(ordered[0])
    octets = (unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace") for _, encoded, text in ordered)
    return decode_text(b"".join(octets), charset)[0]


def _take_charset(first: tuple[int, bool, str]) -> tuple[str, tuple[int, bool, str]]:
    charset, quote, rest = first[2].partition("'")
    if not quote or "'" not in rest:
        return "utf-8", first
    return charset, (first[0], first[1], rest.partition("'")[2])
