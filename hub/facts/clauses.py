"""Sentences and clauses of a text, each with the concepts its words carry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hub.facts.tokens import Token, parse_tokens
from hub.facts.vocabulary import Hit
from hub.facts.when import When

SHORT_LINE = 45
LONGEST = 1_000  # characters of one sentence
_BOUNDARY = re.compile(r"\n\s*\n|\n(?=\s*(?:\d{1,2}[.)]|[-*•])\s)|[.!?…]+[\"”’)\]]*(?=\s|$)|\n")
_CLAUSE_MARK = re.compile(r"[,;:()–—\"“”]|\s-\s|\.\.")
_ABBREVIATED = frozenset(
    {"esim", "mm", "klo", "puh", "nro", "no", "nr", "n", "p", "as", "tri", "kl", "t", "ex", "bl", "mr", "mrs", "ms"}
    | {"dr", "st", "yst", "vs", "tel", "tfn", "kpl", "max", "min", "ca"}
)


@dataclass(slots=True)
class Clause:
    """Tokens `first` to `last` of its sentence. `denied`: it says that something is not so. `supposed`: it says
    what would, might or should be, or asks it."""

    first: int
    last: int
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    opener: str = ""  # the concept of the word it starts with: and, but, if_word, split
    denied: bool = False
    supposed: bool = False

    def has(self, *concepts: str) -> bool:
        return any(concept in self.hits for concept in concepts)

    def get(self, concept: str) -> list[Hit]:
        return self.hits.get(concept, [])

    def list_hits(self, *concepts: str) -> list[Hit]:
        return [hit for concept in concepts for hit in self.hits.get(concept, ())]


@dataclass(slots=True)
class Sentence:
    """`start` and `end` are offsets in the message."""

    start: int
    end: int
    tokens: list[Token]
    hits: list[Hit]
    clauses: list[Clause] = field(default_factory=list)
    is_question: bool = False
    whens: list[When] = field(default_factory=list)

    def has(self, *concepts: str) -> bool:
        return any(clause.has(*concepts) for clause in self.clauses)

    def list_hits(self, *concepts: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.concept in concepts]

    def get_span(self, hit: Hit) -> tuple[int, int]:
        return self.tokens[hit.first].start, self.tokens[hit.last].end

    def get_clause(self, index: int) -> Clause:
        return next(clause for clause in self.clauses if clause.first <= index <= clause.last)

    def find_clause_at(self, offset: int) -> Clause | None:
        """The clause whose words reach to `offset` in the message."""
        return next((c for c in self.clauses if offset <= self.tokens[c.last].end), None)


def _is_boundary(text: str, match: re.Match[str]) -> bool:
    mark, before = match.group(), text[max(0, match.start() - SHORT_LINE) : match.start()]
    if mark == "\n":
        return len(before) < SHORT_LINE or "\n" in before
    if mark[0] != ".":
        return True
    word = re.search(r"(\w*)$", before)
    follows = text[match.end() :].lstrip()[:1]
    if word and word.group()[-1:].isdigit():
        return not follows or follows.isupper() or "\n\n" in text[match.end() : match.end() + 2]
    is_letter = len(word.group()) == 1 and word.group().islower() if word else False
    return not (is_letter or (word and word.group().lower() in _ABBREVIATED))


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of sentences, in order; one without an end is cut, so that no text costs more than its length."""
    start = 0
    for match in _BOUNDARY.finditer(text):
        if _is_boundary(text, match):
            yield from _cut(text, start, match.end())
            start = match.end()
    yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        at = text.rfind(" ", start + 1, start + LONGEST)
        cut = at if at > start else start + LONGEST
        yield start, cut
        start = cut
    yield start, end


def _is_inside(hits: Sequence[Hit], index: int) -> bool:
    """Whether one hit spans the border before token `index`, as `in and out` does."""
    return any(hit.first < index <= hit.last for hit in hits)


def _find_opener(hits: Sequence[Hit], index: int) -> str:
    openers = ("but", "and", "if_word", "split")
    return next((hit.concept for hit in hits if hit.first == index and hit.concept in openers), "")


def split_clauses(text: str, tokens: Sequence[Token], hits: Sequence[Hit]) -> list[Clause]:
    """Clauses by punctuation and by the words that open one."""
    starts = [(0, _find_opener(hits, 0))]
    for index in range(1, len(tokens)):
        between = text[tokens[index - 1].end : tokens[index].start]
        marked = bool(_CLAUSE_MARK.search(between))
        opener = _find_opener(hits, index)
        if opener == "if_word" and not marked and tokens[index].word == "om":
            opener = ""  # Swedish `startat om`
        if (marked or opener) and not _is_inside(hits, index):
            starts.append((index, opener))
    ends = [start - 1 for start, _ in starts[1:]] + [len(tokens) - 1]
    clauses = [Clause(first, last, {}, opener) for (first, opener), last in zip(starts, ends, strict=True)]
    return _with_hits(clauses, hits)


def _with_hits(clauses: list[Clause], hits: Sequence[Hit]) -> list[Clause]:
    for hit in hits:
        clause = next(c for c in clauses if c.first <= hit.first <= c.last)
        clause.hits.setdefault(hit.concept, []).append(hit)
    return clauses


def parse_sentence_tokens(text: str, span: tuple[int, int]) -> list[Token]:
    return parse_tokens(text[span[0] : span[1]], span[0])
