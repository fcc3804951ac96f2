"""Keys `symptom`, `error_text`: what fails, by rules over the concepts of a clause; the words are in words/*.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hub.facts.clauses import Clause, Sentence
from hub.facts.model import FoundFact
from hub.facts.reading import Reading, parse_sentences

FAILURES = (
    *("appear", "receive", "missing", "vanished", "download", "stuck", "locked", "let_read", "login", "login_fails"),
    *("blank_view", "blank", "broken", "outage", "error_word", "cannot_book", "late", "damaged"),
)
ISSUE = ("issue_word", "publication", "newest")
_OTHER_THINGS = (
    "content",
    "parcel",
    "food",
    "power",
    "reply",
    "email_word",
    "food",
    "password",
    "charge",
    "support_word",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """`value` where a clause has one concept of every group in `needs` and none of `lacks`, and its denial is `denied`
    (None: either way). `about_issue`: the clause, or what it goes on from, must speak of an issue."""

    value: str
    needs: tuple[tuple[str, ...], ...]
    denied: bool | None = False
    lacks: tuple[str, ...] = ()
    about_issue: bool = False
    things: tuple[str, ...] = ()  # one of these in the sentence, or in the message where no title is named
    in_quotes: bool = False  # what a screen says counts too


RULES = (
    Rule(
        "missing_issue", (("missing", "vanished"),), False, ("content", "parcel", "fuse_word", "power", "product"), True
    ),
    Rule(
        "missing_issue",
        (("appear",),),
        True,
        ("content", "parcel", "food", "login", "let_read", "power", "no_answer", "download", "book", "charge"),
        True,
    ),
    Rule(
        "missing_issue", (("receive",), ISSUE), True, ("opens", "content", "parcel", "food", "no_answer", "login"), True
    ),
    Rule(
        "missing_issue",
        (("be",), ("app",), ISSUE),
        True,
        ("content", "appear", "missing", "download", "login", "let_read", "locked", "works", "see"),
        True,
    ),
    Rule("will_not_download", (("download",),), True, ("content", "logout_in_done"), in_quotes=True),
    Rule("will_not_download", (("stuck",),), None, ("parcel", "content"), in_quotes=True),
    Rule("blank_or_broken_content", (("content",), ("blank", "broken", "missing", "vanished")), False, ("parcel",)),
    Rule(
        "blank_or_broken_content", (("content",), ("appear", "download")), True, ("parcel", "logout_in_done", "locked")
    ),
    Rule("blank_or_broken_content", (("blank_view",),), None, ("parcel",)),
    Rule("access_denied", (("locked",),), None, ("parcel",), in_quotes=True),
    Rule("access_denied", (("let_read",),), True, ("login",), in_quotes=True),
    Rule("login_failed", (("login",),), True, ("logout_in_done", "book"), in_quotes=True),
    Rule("login_failed", (("login_fails",),), None, (), in_quotes=True),
    Rule("charged_twice", (("charged_twice",),), False),
    Rule("charged_twice", (("charge",), ("twice",)), False),
    Rule("charged_after_cancel", (("charged_after",),), None),
    Rule("late_delivery", (("late",),), None, ISSUE, things=("parcel",)),
    Rule("late_delivery", (("food",), ("where_is", "late")), None),
    Rule("late_delivery", (("courier",), ("appear", "receive")), True),
    Rule("damaged", (("damaged",),), False, ("content", "app_word", *ISSUE), things=("parcel", "product")),
    Rule("wrong_item", (("wrong_item",),), False, ("content",)),
    Rule("outage", (("outage",),), False),
    Rule("error_message", (("error_word",),), False),
    Rule("cannot_book", (("cannot_book",),), None, in_quotes=True),
    Rule("cannot_book", (("book",),), True),
    Rule("no_answer", (("no_answer",),), None),
    Rule("no_answer", (("unheard",),), None, (*ISSUE, "parcel", "food")),
)


def _is_about_issue(reading: Reading, sentence: Sentence, clause: Clause) -> bool:
    if clause.has(*ISSUE):
        return True
    if clause.has(*_OTHER_THINGS):
        return False
    return sentence.has(*ISSUE) or reading.has("publication")


def _has_things(reading: Reading, sentence: Sentence, rule: Rule) -> bool:
    if not rule.things or sentence.has(*rule.things):
        return True
    return reading.has(*rule.things) and not reading.has("publication", "app")


def _is_quoted(reading: Reading, span: tuple[int, int]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in reading.zones.quotes)


def _fits(reading: Reading, sentence: Sentence, clause: Clause, rule: Rule) -> bool:
    if not applies(rule, clause) or not _has_things(reading, sentence, rule):
        return False
    if all(_is_quoted(reading, sentence.get_span(hit)) for hit in clause.list_hits(*rule.needs[0])):
        return False
    return not rule.about_issue or _is_about_issue(reading, sentence, clause)


def applies(rule: Rule, clause: Clause) -> bool:
    """Whether the clause alone meets the rule."""
    if clause.supposed or (rule.denied is not None and clause.denied != rule.denied):
        return False
    return all(clause.has(*group) for group in rule.needs) and not clause.has(*rule.lacks)


def _find_in_clauses(reading: Reading) -> Iterator[FoundFact]:
    for sentence, clause in reading.iter_clauses():
        if not _is_plain_question(sentence):
            for rule in RULES:
                if _fits(reading, sentence, clause, rule):
                    yield reading.to_fact("symptom", rule.value, reading.to_clause_span(sentence, clause))


def _is_plain_question(sentence: Sentence) -> bool:
    """`does it fail?` asks; `why does it fail?` states."""
    return sentence.is_question and not sentence.has("question_open")


def _iter_cancelled_charges(reading: Reading) -> Iterator[FoundFact]:
    """A charge told after a cancelling, within three sentences."""
    cancelled_at: int | None = None
    for number, sentence in enumerate(reading.sentences):
        for clause in sentence.clauses:
            if clause.has("cancelled") and not clause.denied and not clause.supposed:
                cancelled_at = number
            is_charge = clause.has("charge") and not clause.denied and not clause.supposed and not clause.has("twice")
            if is_charge and cancelled_at is not None and number - cancelled_at <= 3:
                yield reading.to_fact("symptom", "charged_after_cancel", reading.to_clause_span(sentence, clause))


def _iter_not_received(reading: Reading) -> Iterator[FoundFact]:
    """What was to come and did not: not delivered where someone claims that it was, else late."""
    if not reading.has("parcel", "food") or reading.has("publication"):
        return
    is_claimed = reading.has("arrived_claim")
    for sentence, clause in reading.iter_clauses():
        if clause.denied and not clause.supposed and clause.has("receive") and not clause.has("no_answer", "content"):
            value = "not_delivered" if is_claimed or not reading.has("late", "food") else "late_delivery"
            yield reading.to_fact("symptom", value, reading.to_clause_span(sentence, clause))


def find_error_texts(reading: Reading) -> Iterator[FoundFact]:
    """Key `error_text`: words in quotation marks that a screen showed and that look like an error."""
    for start, end in reading.zones.quotes:
        if _is_error(reading, start, end):
            yield reading.to_fact("error_text", " ".join(reading.text[start:end].split()), (start, end))


def _is_error(reading: Reading, start: int, end: int) -> bool:
    quote = reading.text[start:end]
    if len(quote.split()) < 2 and not any(letter.isdigit() for letter in quote):
        return False
    said = reading.list_before(start, 1)
    if any(s.has("error_word") for s in said):
        return True
    inside = parse_sentences(quote, reading.language, reading.catalogue)
    looks = any(s.has("fault_sign", "locked", "login_fails", "stuck") for s in inside) or _is_english_fault(
        reading, quote
    )
    is_announced = reading.text[:start].rstrip("\"”“„»'’ \n").endswith(":")
    return looks and (is_announced or any(s.has("shows") for s in said)) and not any(s.has("told") for s in said)


def _is_english_fault(reading: Reading, quote: str) -> bool:
    """Programs speak English to everyone."""
    return any(s.has("fault_sign") for s in parse_sentences(quote, "en", reading.catalogue))


def _find_in_quotes(reading: Reading) -> Iterator[FoundFact]:
    """What the quoted error itself says: `no right to this issue`, `download failed`."""
    for error in find_error_texts(reading):
        for language in dict.fromkeys((reading.language, "en")):
            for sentence in parse_sentences(error.quote, language, reading.catalogue):
                for clause in sentence.clauses:
                    for rule in RULES:
                        if rule.in_quotes and applies(rule, clause):
                            yield reading.to_fact("symptom", rule.value, (error.start, error.end))


def find_symptoms(reading: Reading) -> Iterator[FoundFact]:
    yield from _find_in_clauses(reading)
    yield from _iter_cancelled_charges(reading)
    yield from _iter_not_received(reading)
    yield from _find_in_quotes(reading)
