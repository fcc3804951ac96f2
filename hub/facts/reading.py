"""A message made ready for the finders: its own words in sentences and clauses, with concepts and names marked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hub.facts.catalogue import Catalogue
from hub.facts.clauses import Clause, Sentence, parse_sentence_tokens, split_clauses, split_sentences
from hub.facts.dates import find_whens
from hub.facts.language import detect_language
from hub.facts.model import FoundFact
from hub.facts.names import Names, load_names
from hub.facts.negation import mark_clauses
from hub.facts.quoting import Zones, parse_zones
from hub.facts.titles import is_meant
from hub.facts.vocabulary import Hit, Vocabulary, drop_covered, load_vocabulary


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is subject, blank line, body: what all offsets count from."""

    text: str
    zones: Zones
    subject_end: int
    language: str
    sent_at: datetime
    catalogue: Catalogue
    sentences: tuple[Sentence, ...]
    concepts: frozenset[str]

    def iter_clauses(self) -> Iterator[tuple[Sentence, Clause]]:
        for sentence in self.sentences:
            for clause in sentence.clauses:
                yield sentence, clause

    def has(self, *concepts: str) -> bool:
        return not self.concepts.isdisjoint(concepts)

    def find_sentence(self, offset: int) -> Sentence | None:
        """The sentence that holds `offset` of the message."""
        at = bisect_right(self.sentences, offset, key=lambda sentence: sentence.start) - 1
        return self.sentences[at] if at >= 0 and offset < self.sentences[at].end else None

    def list_before(self, offset: int, count: int) -> tuple[Sentence, ...]:
        """Up to `count` sentences that end before the one at `offset`, and that one."""
        at = bisect_right(self.sentences, offset, key=lambda sentence: sentence.start)
        return self.sentences[max(at - 1 - count, 0) : at]

    def to_fact(self, key: str, value: str | bool, span: tuple[int, int]) -> FoundFact:
        return FoundFact(key=key, value=value, start=span[0], end=span[1], quote=self.text[span[0] : span[1]])

    def to_clause_span(self, sentence: Sentence, clause: Clause) -> tuple[int, int]:
        return sentence.tokens[clause.first].start, sentence.tokens[clause.last].end


def _drop_inside_titles(said: list[Hit], meant: list[Hit]) -> list[Hit]:
    """`Dagens Nyheter` is not of today, and `Image` no picture."""
    titles = [hit for hit in meant if hit.concept in ("publication", "app")]
    return [hit for hit in said if not any(t.first <= hit.first and hit.last <= t.last for t in titles)]


def parse_sentence(text: str, span: tuple[int, int], vocabulary: Vocabulary, names: Names) -> Sentence | None:
    tokens = parse_sentence_tokens(text, span)
    if not tokens:
        return None
    said = drop_covered(vocabulary.find_hits(tokens))
    meant = [m.to_hit() for m in names.find_mentions(text, tokens) if is_meant(m, text, tokens, said)]
    hits = [*_drop_inside_titles(said, meant), *meant]
    is_question = "?" in text[tokens[-1].end : span[1]]
    sentence = Sentence(span[0], span[1], tokens, hits, split_clauses(text, tokens, hits), is_question)
    mark_clauses(sentence)
    return sentence


def parse_sentences(text: str, language: str, catalogue: Catalogue) -> tuple[Sentence, ...]:
    vocabulary, names = load_vocabulary(language), load_names(catalogue)
    parsed = (parse_sentence(text, span, vocabulary, names) for span in split_sentences(text))
    return tuple(sentence for sentence in parsed if sentence is not None)


def parse_reading(subject: str, body: str, sent_at: datetime, catalogue: Catalogue) -> Reading:
    zones = parse_zones(subject, body)
    language = detect_language(zones.own)
    sentences = parse_sentences(zones.own, language, catalogue)
    for sentence in sentences:
        sentence.whens = find_whens(sentence, zones.own, language, sent_at.date())
    concepts = frozenset(hit.concept for sentence in sentences for hit in sentence.hits)
    return Reading(f"{subject}\n\n{body}", zones, len(subject), language, sent_at, catalogue, sentences, concepts)
