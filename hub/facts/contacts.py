"""Keys `contacted` and `bought_from`: whom the sender has asked already, and where the subscription was bought."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.facts.clauses import Clause, Sentence
from hub.facts.model import FoundFact
from hub.facts.reading import Reading
from hub.facts.vocabulary import Hit

ROLES = {f"at_{role}": role for role in ("publisher", "app_store", "delivery", "grid", "service_desk", "us")}
SHOPS = ("app_store", "google_play")


def _to_role(hit: Hit) -> str:
    """A publisher's own name stands for the publisher, an app's for its support."""
    return {"house": "publisher", "app": "delivery"}.get(hit.concept) or ROLES[hit.concept]


def _iter_roles(sentence: Sentence, clause: Clause) -> Iterator[tuple[str, Hit]]:
    """Whom a clause names. Of `Budbees kundtjänst` the first word says whose desk it is."""
    named = sentence.list_hits(*ROLES, "house", "app")
    for hit in clause.list_hits(*ROLES, "house", "app"):
        is_desk_of = any(other.last == hit.first - 1 and other.value for other in named) and hit.concept != "at_us"
        if not is_desk_of and not any(other.covers(hit) for other in named):
            yield _to_role(hit), hit


_TOWARDS = re.compile(r"(?:aa|ee|ii|oo|uu|yy)n$|lle$|lt[aä]$")  # Hesariin, Kauppalehteen, Annalle, Hesarilta


def _is_towards(reading: Reading, sentence: Sentence, clause: Clause, hit: Hit) -> bool:
    """`soitin Hesariin`, `I asked HBR`: the title is whom, not what about."""
    steps = [hit.first - verb.last for verb in clause.get("contact_done")]
    if reading.language != "fi":
        return 1 in steps
    return any(0 < step <= 2 for step in steps) and bool(_TOWARDS.search(sentence.tokens[hit.last].spelt))


def _iter_titles(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[tuple[str, Hit]]:
    for hit in clause.get("publication"):
        if _is_towards(reading, sentence, clause, hit):
            yield "publisher", hit


def _is_asked(clause: Clause) -> bool:
    return clause.has("contact_done") and not clause.denied and not clause.supposed


def _goes_on(sentence: Sentence, index: int) -> bool:
    """`I asked Apple and the publisher`: a clause without a verb of its own goes on with the asking before it."""
    clause = sentence.clauses[index]
    if not index or clause.opener not in ("and", "split") or clause.denied or clause.has("replied", "finite"):
        return False
    before = sentence.clauses[index - 1]
    return not clause.has("contact_done") and (_is_asked(before) or _goes_on(sentence, index - 1))


def _is_told(sentence: Sentence, clause: Clause) -> bool:
    """A reply of theirs is told, or that they do not answer."""
    said = clause.has("replied", "no_answer") or (clause.has("support_word") and sentence.has("replied", "no_answer"))
    return said and not clause.supposed


def _is_speaker(clause: Clause, hit: Hit) -> bool:
    """Who stands before the verb of saying, or right after it: in `Apple says to ask the publisher` that is Apple."""
    said = [verb.first for verb in clause.get("replied")]
    return not said or hit.first < min(said) or hit.first - 1 in said


def _is_contact(sentence: Sentence, clause: Clause, hit: Hit, is_asked: bool) -> bool:
    if hit.concept == "at_us":
        return (is_asked and not clause.has("replied")) or clause.has("no_answer")
    if hit.concept == "app":
        return is_asked or clause.has("support_word")
    return is_asked or (_is_told(sentence, clause) and _is_speaker(clause, hit))


def _iter_named(reading: Reading, sentence: Sentence, index: int) -> Iterator[tuple[str, Hit]]:
    clause = sentence.clauses[index]
    is_asked = _is_asked(clause) or _goes_on(sentence, index)
    if is_asked:
        yield from _iter_titles(reading, sentence, clause)
    if is_asked or _is_told(sentence, clause):
        for role, hit in _iter_roles(sentence, clause):
            if _is_contact(sentence, clause, hit, is_asked):
                yield role, hit


def _find_named(reading: Reading) -> Iterator[FoundFact]:
    for sentence in reading.sentences:
        for index in range(len(sentence.clauses)):
            for role, hit in _iter_named(reading, sentence, index):
                yield reading.to_fact("contacted", role, sentence.get_span(hit))


def _find_unanswered(reading: Reading) -> Iterator[FoundFact]:
    """`nobody has replied`, and no one else is named: it is us who were asked."""
    for sentence, clause in reading.iter_clauses():
        if not clause.supposed and not clause.has("publication", "issue_word"):
            for hit in clause.list_hits("no_answer", "unheard"):
                yield reading.to_fact("contacted", "us", sentence.get_span(hit))


def find_contacted(reading: Reading) -> Iterator[FoundFact]:
    found = list(_find_named(reading))
    yield from found or _find_unanswered(reading)


def _find_shop(reading: Reading, sentence: Sentence, clause: Clause) -> tuple[str, Hit] | None:
    for hit in clause.get("at_app_store"):
        if hit.value in SHOPS:
            return hit.value, hit
    for hit in clause.get("in_app"):
        return "app", hit
    for concept in ("at_publisher", "house"):
        for hit in clause.get(concept):
            return "publisher", hit
    return None


def _is_charged_through(clause: Clause, shop: Hit) -> bool:
    """`the money was taken via Google Play`."""
    beside = (shop.first - 1, shop.last + 1)
    return clause.has("charge") and any(hit.first in beside for hit in clause.get("via")) and shop.value in SHOPS


def find_bought_from(reading: Reading) -> Iterator[FoundFact]:
    for sentence, clause in reading.iter_clauses():
        if clause.denied or clause.supposed or sentence.is_question:
            continue
        shop = _find_shop(reading, sentence, clause)
        if not (clause.has("buys") or (shop and _is_charged_through(clause, shop[1]))):
            continue
        if shop and not clause.has("contact_done", "replied"):
            yield reading.to_fact("bought_from", shop[0], sentence.get_span(shop[1]))
