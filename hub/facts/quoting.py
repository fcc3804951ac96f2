"""Which part of a message the sender wrote now: no quoted earlier text, no signature, no words in quotes.

Masking keeps every offset: what is not the sender's is replaced by blanks of the same length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from hub.facts.tokens import fold
from hub.facts.vocabulary import load_words

LONG_QUOTE_WORDS = 3
SIGNATURE_LINES = 10
SHORT_LINE = 60
MOST = 20_000  # characters read of a message; no one writes more by hand
MOST_QUOTES = 20
_WORDS = load_words("any")["quoting"]
_WROTE = re.compile(rf"\b(?:{'|'.join(_WORDS['wrote'])})\b.*:\s*$", re.I)
_SEPARATOR = re.compile(rf"^\s*[-_]{{2,}}\s*(?:{'|'.join(_WORDS['original'])})", re.I)
_FROM = re.compile(rf"^\s*\*?(?:{'|'.join(_WORDS['from'])})\s*:\*?\s", re.I)
_HEADER = re.compile(rf"^\s*\*?(?:{'|'.join(_WORDS['headers'])})\s*:\*?", re.I)
_CLOSING = re.compile(rf"^(?:{'|'.join(_WORDS['closings'])})(?:[\s,!./-]+[\w.'-]+){{0,3}}[,!.]*$")
_NAME = re.compile(r"^(?:[A-ZÅÄÖ][\w.'’-]*(?: (?:[A-ZÅÄÖ][\w.'’-]*|von|af|de|&))*(?: / [\w ]+)?|[a-zåäö]{2,12})\.?$")
_POSTSCRIPT = re.compile(r"^\s*p\.?\s?s\b", re.I)
_QUOTE = re.compile(
    r"[\"“”„][^\"“”„]{2,240}[\"“”]|[»«][^»«]{2,240}[»«]|(?<!\w)['‘][^'‘’]{4,160}['’](?!\w)|”[^”]{2,240}”"
)


@dataclass(frozen=True, slots=True)
class Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class Zones:
    """`own` and `signature` are as long as the message; `quotes` are spans of words in quotation marks in `own`."""

    own: str
    signature: str
    quotes: tuple[tuple[int, int], ...]


def _split_lines(text: str, offset: int) -> list[Line]:
    lines, at = [], offset
    for line in text.split("\n"):
        lines.append(Line(at, line))
        at += len(line) + 1
    return lines


def _is_quote_intro(lines: Sequence[Line], index: int) -> bool:
    """`On Monday X wrote:`, on one line or two, before quoted lines; a date makes it one without them."""
    line = lines[index].text
    if not _WROTE.search(line):
        return False
    follows = next((row.text for row in lines[index + 1 :] if row.text.strip()), "")
    before = lines[index - 1].text if index else ""
    return follows.lstrip().startswith(">") or bool(re.search(r"\d.*\d|@", line + before))


def _is_header_block(lines: Sequence[Line], index: int) -> bool:
    following = lines[index + 1 : index + 4]
    return bool(_FROM.match(lines[index].text)) and any(_HEADER.match(row.text) for row in following)


def _list_own(lines: Sequence[Line]) -> list[Line]:
    own: list[Line] = []
    for index, line in enumerate(lines):
        if _SEPARATOR.match(line.text) or _is_header_block(lines, index):
            return own
        if line.text.lstrip().startswith(">"):
            continue
        if _is_quote_intro(lines, index):
            if own and not own[-1].is_blank and re.search(r"\d", own[-1].text) and not re.search(r"\d", line.text):
                own.pop()
            if not any(row.text.lstrip().startswith(">") for row in lines[index + 1 :]):
                return own
            continue
        own.append(line)
    return own


def _is_prose(line: Line) -> bool:
    return len(line.text.split()) >= 5 and line.text.rstrip().endswith((".", "!", "?"))


def _is_closing(line: Line) -> bool:
    return bool(_CLOSING.match(fold(line.text.strip())))


def _find_signature_start(lines: Sequence[Line]) -> int | None:
    """Index of its first line: after `-- `, at a closing phrase, or of a last block that starts with a name."""
    marked = next((i for i, line in enumerate(lines) if line.text.rstrip() == "--"), None)
    if marked is not None:
        return marked
    tail = range(max(1, len(lines) - SIGNATURE_LINES), len(lines))
    closing = next((i for i in tail if _is_closing(lines[i])), None)
    return closing if closing is not None else _find_last_block(lines)


def _find_last_block(lines: Sequence[Line]) -> int | None:
    filled = [i for i, line in enumerate(lines) if not line.is_blank]
    if not filled:
        return None
    first = next((i + 1 for i in range(filled[-1], -1, -1) if lines[i].is_blank), 0)
    block = [lines[i] for i in filled if i >= first]
    looks_so = _NAME.match(block[0].text.strip().lstrip("/-~ ")) or _CLOSING.match(fold(block[0].text.strip()))
    is_short = all(len(line.text) <= SHORT_LINE and not _is_prose(line) for line in block)
    return first if first > filled[0] and looks_so and is_short else None


def _split_signature(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Lines of the text and of the signature; a postscript or prose below the signature is text again."""
    start = _find_signature_start(lines)
    if start is None:
        return list(lines), []
    after = next((i for i in range(start, len(lines)) if _is_prose(lines[i]) or _POSTSCRIPT.match(lines[i].text)), None)
    end = len(lines) if after is None else after
    return [*lines[:start], *lines[end:]], list(lines[start:end])


def mask(text: str, kept: Iterable[tuple[int, int]]) -> str:
    """`text` with everything outside the `kept` spans blanked; line breaks stay."""
    blank = re.sub(r"[^\n]", " ", text)
    parts, at = [], 0
    for start, end in kept:
        parts += [blank[at:start], text[start:end]]
        at = end
    return "".join([*parts, blank[at:]])


def _is_long(quote: str) -> bool:
    return len(quote.split()) >= LONG_QUOTE_WORDS


def _find_quotes(own: str) -> tuple[tuple[int, int], ...]:
    found = islice(_QUOTE.finditer(own), MOST_QUOTES)
    return tuple((match.start() + 1, match.end() - 1) for match in found)


def _blank_quotes(own: str, quotes: Iterable[tuple[int, int]]) -> str:
    for start, end in quotes:
        if _is_long(own[start:end]):
            own = own[:start] + re.sub(r"\S", " ", own[start:end]).replace("\n", " ") + own[end:]
    return own


def parse_zones(subject: str, body: str) -> Zones:
    text = f"{subject}\n\n{body}"
    lines = _list_own(_split_lines(body, len(subject) + 2))
    prose, signature = _split_signature(lines)
    own = mask(text, [(0, len(subject)), *((line.start, min(line.end, MOST)) for line in prose if line.start < MOST)])
    quotes = _find_quotes(own)
    return Zones(_blank_quotes(own, quotes), mask(text, [(line.start, line.end) for line in signature]), quotes)
