"""Key `wants_person`: an explicit wish for a human, in any wording of the three languages."""

from __future__ import annotations

from collections.abc import Iterator

from hub.facts.catalogue import Catalogue
from hub.facts.clauses import Sentence
from hub.facts.language import detect_language
from hub.facts.model import FoundFact
from hub.facts.quoting import parse_zones
from hub.facts.reading import Reading, parse_sentences
from hub.facts.vocabulary import Hit


def _is_refused(sentence: Sentence, hit: Hit) -> bool:
    """`no need for a person`; `a person, not a robot` wishes for one all the same."""
    clause = sentence.get_clause(hit.first)
    return any(no.first < hit.first for no in clause.get("negation")) and not clause.has("robot")


def find_wish_hit(sentence: Sentence) -> Hit | None:
    for clause in sentence.clauses:
        for hit in [*clause.get("person_phrase"), *clause.get("person")]:
            if not _is_refused(sentence, hit) and sentence.has("wish"):
                return hit
    return next((hit for hit in sentence.list_hits("lone_person") if _is_all(sentence, hit)), None)


def _is_all(sentence: Sentence, hit: Hit) -> bool:
    """The one word is the whole sentence, as our own letters ask for it, and then in any language: `Person!`."""
    return hit.first == 0 and hit.last == len(sentence.tokens) - 1


def _find_in(sentences: tuple[Sentence, ...]) -> tuple[int, int] | None:
    for sentence in sentences:
        hit = find_wish_hit(sentence)
        if hit:
            return sentence.get_span(hit)
    return None


def find_wants_person(reading: Reading) -> Iterator[FoundFact]:
    span = _find_in(reading.sentences)
    if span:
        yield reading.to_fact("wants_person", True, span)


def find_person_wish(text: str) -> tuple[int, int] | None:
    """Where `text` (one message body or chat line) asks for a person; None where it does not. Offsets in `text`."""
    own = parse_zones("", text).own
    span = _find_in(parse_sentences(own, detect_language(own), Catalogue()))
    return (span[0] - 2, span[1] - 2) if span else None
