"""Which facts a partner's or an agent's text asks for. Words in words/asks.{fi,sv,en}.yaml.

A sentence asks when it is a question or has a word of asking, and offers nothing; the topics named in it are
the keys asked for. A bare question ("which of them?") asks for what the sentence before it names.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from hub.facts.catalogue import Catalogue
from hub.facts.clauses import Clause, Sentence, parse_sentence_tokens, split_clauses, split_sentences
from hub.facts.language import detect_language
from hub.facts.names import Names, load_names
from hub.facts.quoting import parse_zones
from hub.facts.vocabulary import Hit, Vocabulary, load_words, parse_pattern

KEYS = (
    *("name", "publication", "issue", "app", "device", "bought_from", "account_email", "customer_number"),
    *("order_number", "tracking_number", "metering_point", "address", "phone", "symptom", "error_text", "since"),
    *("happened_before", "contacted", "steps_tried", "wants_person", "deadline"),
)
_ACTS = ("asking", "offering", "given")


@functools.cache
def load_asks(language: str) -> Vocabulary:
    words = load_words(f"asks.{language}")
    acts = [parse_pattern(act, entry) for act in _ACTS for entry in words[act]]
    topics = [parse_pattern(key, entry) for key, entries in words["topics"].items() for entry in entries]
    return Vocabulary([*acts, *topics])


def _drop_covered(hits: Sequence[Hit]) -> list[Hit]:
    """Of two topics the longer one is meant: `e-mail address` is no street address."""
    return [hit for hit in hits if hit.concept in _ACTS or not any(_covers(other, hit) for other in hits)]


def _covers(longer: Hit, hit: Hit) -> bool:
    inside = longer.first <= hit.first and hit.last <= longer.last
    return inside and longer.last - longer.first > hit.last - hit.first and longer.concept not in _ACTS


def _parse_sentence(text: str, span: tuple[int, int], language: str, names: Names) -> Sentence | None:
    tokens = parse_sentence_tokens(text, span)
    if not tokens:
        return None
    apps = [m.to_hit() for m in names.find_mentions(text, tokens) if m.name.concept == "app"]
    hits = _drop_covered([*load_asks(language).find_hits(tokens), *apps])
    is_question = "?" in text[tokens[0].start : span[1]]
    return Sentence(span[0], span[1], tokens, hits, split_clauses(text, tokens, hits), is_question)


def _is_asking(sentence: Sentence) -> bool:
    if sentence.has("offering"):
        return False
    return sentence.is_question or sentence.has("asking")


def _list_clauses(sentence: Sentence) -> list[Clause]:
    """Those clauses of an asking sentence that do not only thank or say what is known."""
    return [clause for clause in sentence.clauses if not clause.has("given")]


def _list_clause_topics(clause: Clause) -> set[str]:
    """`have you restarted the tablet?` asks for the step, not for the device."""
    topics = {concept for concept in clause.hits if concept in KEYS}
    return topics - {"app", "device"} if topics & {"contacted", "steps_tried"} else topics


def _list_topics(sentence: Sentence) -> set[str]:
    return {topic for clause in _list_clauses(sentence) for topic in _list_clause_topics(clause)}


def _iter_asked(sentences: Sequence[Sentence]) -> Iterable[str]:
    for index, sentence in enumerate(sentences):
        if not _is_asking(sentence):
            continue
        topics = _list_topics(sentence)
        before = sentences[index - 1] if index else None
        if not topics and sentence.is_question and before and len(sentence.tokens) <= 4:
            topics = _list_topics(before)
        yield from topics


def read_asks(text: str, catalogue: Catalogue) -> list[str]:
    """Keys of FACTS.md, and `name`, that `text` asks for, each once; [] where no fact could answer it."""
    own = parse_zones("", text).own
    language, names = detect_language(own), load_names(catalogue)
    parsed = [_parse_sentence(own, span, language, names) for span in split_sentences(own)]
    asked = set(_iter_asked([sentence for sentence in parsed if sentence is not None]))
    return [key for key in KEYS if key in asked]
