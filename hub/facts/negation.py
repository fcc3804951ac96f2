"""What a clause denies or only supposes; no fact comes from either."""

from __future__ import annotations

from collections.abc import Sequence

from hub.facts.clauses import Clause, Sentence
from hub.facts.vocabulary import Hit


def _is_swallowed(hit: Hit, hits: Sequence[Hit]) -> bool:
    """Part of a longer hit that says it all: the `no` of `no luck`."""
    return any(other.covers(hit) and other.concept != hit.concept for other in hits)


def _is_number_sign(hit: Hit, sentence: Sentence) -> bool:
    """`no. 45` denies nothing."""
    following = sentence.tokens[hit.last + 1 : hit.last + 2]
    return sentence.tokens[hit.first].word == "no" and bool(following) and following[0].is_number


def _is_denied(clause: Clause, sentence: Sentence) -> bool:
    denials = clause.get("negation")
    return any(not _is_swallowed(hit, sentence.hits) and not _is_number_sign(hit, sentence) for hit in denials)


def _inherits(clause: Clause, before: Clause) -> bool:
    """`en ole poistanut ja asentanut`: no verb of its own that says otherwise."""
    return clause.opener == "and" and before.denied and not clause.has("finite", "negation")


def mark_clauses(sentence: Sentence) -> None:
    """Sets `denied` and `supposed`; what follows an if-clause in its sentence is supposed with it."""
    supposing = False
    for index, clause in enumerate(sentence.clauses):
        clause.denied = _is_denied(clause, sentence)
        if index and not clause.denied:
            clause.denied = _inherits(clause, sentence.clauses[index - 1])
        if clause.opener == "if_word" or (clause.has("if_word") and clause.get("if_word")[0].first == clause.first):
            supposing = True
        clause.supposed = supposing or clause.has("may")
