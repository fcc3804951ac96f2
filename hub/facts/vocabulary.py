"""The words of a language, from words/*.yaml: concept -> patterns, compiled once and found in tokens.

A pattern is words with blanks between. `puuttu*` is any word that starts so, `a|b` is either word,
`<negation>` is any single word of that concept, and `..` lets up to three other words stand between.
Case does not matter, and a word may be written without its å, ä and ö.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hub.facts.tokens import Token, fold, fold_case

LANGUAGES = ("fi", "sv", "en")
GAP = 3
_COVERED = frozenset({"login", "app_word", "twice", "locked"})
_REFERENCE = re.compile(r"<(\w+)>")
_FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Hit:
    """Tokens `first` to `last`, both included, say `concept`. `value` is the catalogue id of a name, and the number of
    a time word: month 1-12, weekday from Monday 0, days from today, a count; of a unit its name."""

    concept: str
    first: int
    last: int
    value: str = ""
    has_gap: bool = False

    def covers(self, other: Hit) -> bool:
        """Says all that `other` says and more, word by word."""
        is_longer = self.last - self.first > other.last - other.first
        return is_longer and not self.has_gap and self.first <= other.first and other.last <= self.last


def drop_covered(hits: Sequence[Hit]) -> list[Hit]:
    """The longer phrase is meant: in `uusi kirjautuminen ei auttanut` no login fails."""
    longer = [hit for hit in hits if hit.last > hit.first and not hit.has_gap]
    return [hit for hit in hits if hit.concept not in _COVERED or not any(other.covers(hit) for other in longer)]


@dataclass(frozen=True, slots=True)
class WordTest:
    exact: frozenset[str]
    prefixes: tuple[str, ...]

    def fits(self, token: Token) -> bool:
        return token.spelt in self.exact or token.spelt_base in self.exact or token.spelt.startswith(self.prefixes)


@dataclass(frozen=True, slots=True)
class Pattern:
    """`steps` are word tests; None is a gap."""

    concept: str
    steps: tuple[WordTest | None, ...]
    value: str = ""


def _parse_word(written: str) -> WordTest:
    spelt = [fold_case(form).replace("'", "") for form in written.split("|")]
    forms = [*spelt, *(fold(form) for form in spelt)]
    exact = frozenset(form for form in forms if not form.endswith("*"))
    return WordTest(exact, tuple({form[:-1]: None for form in forms if form.endswith("*")}))


def parse_pattern(concept: str, written: str, value: str = "") -> Pattern:
    words = written.replace("-", " ").split()
    return Pattern(concept, tuple(None if word == ".." else _parse_word(word) for word in words), value)


def _find_end(steps: Sequence[WordTest | None], tokens: Sequence[Token], at: int) -> int | None:
    """The index after the last token that `steps` take from `at` on, or None."""
    if not steps:
        return at
    test, rest = steps[0], steps[1:]
    if test is None:
        ends = (_find_end(rest, tokens, at + skip) for skip in range(GAP + 1))
        return next((end for end in ends if end is not None), None)
    if at >= len(tokens) or not test.fits(tokens[at]):
        return None
    return _find_end(rest, tokens, at + 1)


class Vocabulary:
    """Patterns indexed by their first word, so that a text costs by its length, not by the vocabulary's."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._exact: dict[str, list[Pattern]] = {}
        self._prefix: dict[str, list[Pattern]] = {}
        for pattern in patterns:
            self._index(pattern)
        self._lengths = sorted({len(prefix) for prefix in self._prefix})
        self._starting = functools.lru_cache(maxsize=50_000)(self._list_starting)

    def _index(self, pattern: Pattern) -> None:
        first = pattern.steps[0]
        if first is None:
            raise ValueError(f"a pattern of {pattern.concept} starts with a gap")
        for word in first.exact:
            self._exact.setdefault(word, []).append(pattern)
        for prefix in first.prefixes:
            self._prefix.setdefault(prefix, []).append(pattern)

    def _list_starting(self, word: str, base: str) -> tuple[Pattern, ...]:
        found = [*self._exact.get(word, ()), *(self._exact.get(base, ()) if base != word else ())]
        for length in self._lengths:
            found += self._prefix.get(word[:length], ()) if length <= len(word) else ()
        return tuple(dict.fromkeys(found))

    def find_hits(self, tokens: Sequence[Token]) -> list[Hit]:
        return list(self._iter_hits(tokens))

    def _iter_hits(self, tokens: Sequence[Token]) -> Iterator[Hit]:
        for at, token in enumerate(tokens):
            for pattern in self._starting(token.spelt, token.spelt_base):
                end = _find_end(pattern.steps[1:], tokens, at + 1)
                if end is not None:
                    yield Hit(pattern.concept, at, end - 1, pattern.value, None in pattern.steps)


def _load_yaml(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(_FOLDER / f"{name}.yaml")
    return loaded


@functools.cache
def load_words(name: str) -> dict[str, Any]:
    """One words file as written: `fi`, `sv`, `en`, or `any` for what is the same in all of them."""
    return _load_yaml(name)


def _list_months(words: dict[str, Any]) -> Iterator[Pattern]:
    """`marraskuu*`, `oktober`, `oktobernumr*`, `july`, `sept`."""
    ends = [words["month_suffix"] + "*"] if words["month_suffix"] else ["", "s", "numr*"]
    for number, name in enumerate(words["months"], 1):
        yield from (parse_pattern("month_name", name + end, str(number)) for end in ends)
    for name, number in words.get("month_short", {}).items():
        yield parse_pattern("month_name", name, str(number))


def _list_time_patterns(words: dict[str, Any]) -> Iterator[Pattern]:
    yield from _list_months(words)
    for number, written in enumerate(words["weekdays"]):
        yield parse_pattern("weekday", written, str(number))
    for concept, table in (("day_offset", words["days"]), ("unit", words["units"])):
        for value, entries in table.items():
            yield from (parse_pattern(concept, entry, str(value)) for entry in entries)
    for written, number in words["numbers"].items():
        yield parse_pattern("count", written, str(number))


def _list_patterns(words: dict[str, Any]) -> Iterator[Pattern]:
    for concept, entries in words["concepts"].items():
        yield from (parse_pattern(concept, _expand(entry, words)) for entry in entries)


def _expand(entry: str, words: dict[str, Any]) -> str:
    """`<negation>` becomes `ei|en|...`."""
    return _REFERENCE.sub(lambda match: "|".join(w for w in words["concepts"][match[1]] if " " not in w), entry)


@functools.cache
def load_vocabulary(language: str) -> Vocabulary:
    words = load_words(language)
    return Vocabulary([*_list_patterns(load_words("any")), *_list_patterns(words), *_list_time_patterns(words)])
