"""Words of a text, folded so that case, diacritics and a suffix after a colon do not matter."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:[:'’´`][a-zåäö]{1,6}(?![^\W_]))*")
_SUFFIX = re.compile(r"[:'’´`]")
_PLAIN = str.maketrans("åäáàãöóòøéèëüúíïñç", "aaaaaooooeeeuuiinc")
_NORDIC = str.maketrans("áàãóòøéèëüúíïñç", "aaaoooeeeuuiinc")


@dataclass(frozen=True, slots=True)
class Token:
    """`word` is folded whole (`don't` -> `dont`); `base` stops at the suffix (`HBR:n` -> `hbr`). `spelt` and
    `spelt_base` keep å, ä and ö where the writer wrote them, so that `läst` is not taken for `låst`."""

    start: int
    end: int
    text: str
    word: str
    base: str
    spelt: str
    spelt_base: str

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_number(self) -> bool:
        return self.base.isdecimal()


def fold_case(text: str) -> str:
    return text.lower().translate(_NORDIC)


def fold(text: str) -> str:
    return text.lower().translate(_PLAIN)


def _to_token(match: re.Match[str], offset: int) -> Token:
    written = match.group()
    parts = _SUFFIX.split(written)
    spelt, base = fold_case("".join(parts)), fold_case(parts[0])
    return Token(offset + match.start(), offset + match.end(), written, fold(spelt), fold(base), spelt, base)


def parse_tokens(text: str, offset: int = 0) -> list[Token]:
    """`offset` is where `text` starts in the whole message."""
    return [_to_token(match, offset) for match in _WORD.finditer(text)]
