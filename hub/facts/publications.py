"""Keys `publication` and `app`: the titles of the catalogue that a message speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.facts.clauses import Clause, Sentence
from hub.facts.model import FoundFact
from hub.facts.reading import Reading
from hub.facts.vocabulary import Hit


def _belongs_to_next(reading: Reading, hit: Hit, hits: Sequence[Hit]) -> bool:
    """`Hesarin Kuukausiliite`: the first title only says whose the second is."""
    for other in hits:
        if other.first == hit.last + 1:
            mine, next_one = (reading.catalogue.find_publication(h.value) for h in (hit, other))
            return bool(mine and next_one and mine.publisher == next_one.publisher and mine.id != next_one.id)
    return False


def is_said_to_work(sentence: Sentence, clause: Clause) -> bool:
    """What works is no fact of this failure, unless a contrast follows."""
    if clause.denied and clause.has("trouble"):
        return True
    if not clause.has("works") or clause.denied or clause.supposed:
        return False
    following = [other for other in sentence.clauses if other.first > clause.last]
    return not (following and following[0].opener == "but")


def iter_publication_hits(reading: Reading) -> Iterator[tuple[Sentence, Clause, Hit]]:
    for sentence in reading.sentences:
        hits = sentence.list_hits("publication")
        for hit in hits:
            clause = sentence.get_clause(hit.first)
            if not (_belongs_to_next(reading, hit, hits) or is_said_to_work(sentence, clause)):
                yield sentence, clause, hit


def find_publications(reading: Reading) -> Iterator[FoundFact]:
    for sentence, clause, hit in iter_publication_hits(reading):
        if not (clause.supposed and not clause.has("wish")):
            yield reading.to_fact("publication", hit.value, sentence.get_span(hit))


def find_apps(reading: Reading) -> Iterator[FoundFact]:
    for sentence in reading.sentences:
        for hit in sentence.list_hits("app"):
            clause = sentence.get_clause(hit.first)
            if not is_said_to_work(sentence, clause):
                yield reading.to_fact("app", hit.value, sentence.get_span(hit))
