"""Where a text names a publication, a reading app or a partner of the catalogue, in any inflected form.

Gives hits whose concept is `publication`, `app`, `house` (a publisher's own name) or `at_<role>` of a partner,
and whose value is the catalogue id. Whether a publication is meant, or only the word, `publications.py` says.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hub.facts.catalogue import Catalogue
from hub.facts.inflection import list_forms
from hub.facts.tokens import Token, fold, parse_tokens
from hub.facts.vocabulary import Hit

MAX_ACRONYM = 4
_BETWEEN_WORDS = re.compile(r"[\s&+\-–]{0,4}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_A_HOUSE = frozenset({"rf", "media", "group", "usa", "lehdet", "the", "ab", "oy"})


@dataclass(frozen=True, slots=True)
class Name:
    """`words` folded; `written` as in the catalogue; `forms` what each word may look like in a text."""

    concept: str
    id: str
    written: str
    words: tuple[str, ...]
    forms: tuple[frozenset[str], ...]

    @property
    def is_acronym(self) -> bool:
        return self.written.isupper() and len(self.written) <= MAX_ACRONYM

    @property
    def is_joined_by_and(self) -> bool:
        return "&" in self.written and all(len(word) == 1 for word in self.words)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where `name` may be meant: tokens `first` to `last`, both included."""

    name: Name
    first: int
    last: int

    def to_hit(self) -> Hit:
        return Hit(self.name.concept, self.first, self.last, self.name.id)


def _build_name(concept: str, name_id: str, written: str) -> Name:
    words = tuple(token.base for token in parse_tokens(written))
    return Name(concept, name_id, written, words, tuple(list_forms(word) for word in words))


def _list_written(title: str, aliases: Sequence[str]) -> list[str]:
    """The title, its aliases, and the parts of a CamelCase title apart."""
    return list(dict.fromkeys([title, *aliases, *(_CAMEL.sub(" ", word) for word in (title, *aliases))]))


def _iter_names(catalogue: Catalogue) -> Iterator[Name]:
    for publication in catalogue.publications:
        for written in _list_written(publication.title, publication.aliases):
            yield _build_name("publication", publication.id, written)
    for app in catalogue.apps:
        for written in _list_written(app.title, app.aliases):
            yield _build_name("app", app.id, written)
    for partner in catalogue.partners:
        for written in _list_written("", partner.names)[1:]:
            yield _build_name(f"at_{partner.role}", partner.id, written)
    titled = {fold(title) for row in catalogue.publications for title in (row.title, *row.aliases)}
    houses = {word for row in catalogue.publications for word in row.publisher.split("_")} - _NOT_A_HOUSE - titled
    for house in sorted(word for word in houses if len(word) > 3):
        yield _build_name("house", house, house.capitalize())


class Names:
    """The names of one catalogue, indexed by every form of their first word."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.roles = {partner.id: partner.role for partner in catalogue.partners}
        self._first: dict[str, list[Name]] = {}
        for name in _iter_names(catalogue):
            for form in name.forms[0] if name.words else ():
                self._first.setdefault(form, []).append(name)

    def find_mentions(self, text: str, tokens: Sequence[Token]) -> list[Mention]:
        """The longest name at each place, from the left, without overlap."""
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            longest = max(self._list_at(text, tokens, at), key=lambda mention: mention.last, default=None)
            if longest is not None:
                found += [m for m in self._list_at(text, tokens, at) if m.last == longest.last]
                at = longest.last
            at += 1
        return found

    def _list_at(self, text: str, tokens: Sequence[Token], at: int) -> list[Mention]:
        token = tokens[at]
        names = [
            *self._first.get(token.word, ()),
            *(self._first.get(token.base, ()) if token.base != token.word else ()),
        ]
        return [
            Mention(name, at, at + len(name.words) - 1)
            for name in dict.fromkeys(names)
            if _fits(name, text, tokens, at)
        ]


def _fits(name: Name, text: str, tokens: Sequence[Token], at: int) -> bool:
    window = tokens[at : at + len(name.words)]
    if len(window) < len(name.words):
        return False
    if not all(t.word in forms or t.base in forms for t, forms in zip(window, name.forms, strict=True)):
        return False
    gaps = [text[left.end : right.start] for left, right in pairwise(window)]
    if name.is_joined_by_and:
        return all("&" in gap for gap in gaps)
    return all(_BETWEEN_WORDS.fullmatch(gap) for gap in gaps)


@functools.lru_cache(maxsize=16)
def load_names(catalogue: Catalogue) -> Names:
    """Compiled once per catalogue."""
    return Names(catalogue)
