"""Keys `since`, `happened_before`, `deadline`: what the days and months of a text say about the failure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hub.facts.clauses import Clause, Sentence
from hub.facts.model import FoundFact
from hub.facts.publications import is_said_to_work
from hub.facts.reading import Reading
from hub.facts.symptoms import FAILURES, RULES, applies
from hub.facts.vocabulary import Hit
from hub.facts.when import When

FARTHEST = timedelta(days=200)  # a later one is a past day taken for next year's


def _get_clause(sentence: Sentence, when: When) -> Clause:
    return next(
        c for c in sentence.clauses if sentence.tokens[c.first].start < when.end <= sentence.tokens[c.last].end + 2
    )


def _is_beside(sentence: Sentence, when: When, concept: str, before: int, after: int) -> bool:
    """A word of `concept` ends at most `before` characters ahead of the day, or starts at most `after` past it."""
    spans = [sentence.get_span(hit) for hit in sentence.list_hits(concept)]
    return any(0 <= when.start - end <= before or 0 <= start - when.end <= after for start, end in spans)


def _is_since(reading: Reading, sentence: Sentence, when: When) -> bool:
    clause = _get_clause(sentence, when)
    if clause.supposed or is_said_to_work(sentence, clause) or _is_about_reply(clause):
        return False
    word = reading.zones.own[when.start : when.end].lower()
    if _is_beside(sentence, when, "since_mark", *((1, 10) if reading.language == "fi" else (18, 0))):
        return True
    if clause.has("began") and not clause.denied:
        return True
    if reading.language == "fi" and word.endswith(("sta", "stä")) and when.kind != "ago":
        return any(applies(rule, c) for c in sentence.clauses for rule in RULES)
    if reading.language == "fi" and when.grain == "month" and not word.endswith("ssa"):
        return False  # `helmikuulta` is what the bill is for
    return any(_is_sudden(near) for near in _list_around(sentence, clause))


def _is_about_reply(clause: Clause) -> bool:
    """`no answer since Tuesday` dates the silence, not the failure."""
    return clause.has("no_answer", "unheard") or (clause.has("contact_done") and not clause.has(*FAILURES))


def _list_around(sentence: Sentence, clause: Clause) -> list[Clause]:
    """The clause, and where it is hardly more than a date, those beside it: `on Friday, 28 August, you charged`."""
    if clause.last - clause.first > 4 or clause.has(*FAILURES, "cancelled", "contact_done"):
        return [clause]
    index = sentence.clauses.index(clause)
    return sentence.clauses[max(index - 1, 0) : index + 2]


def _is_sudden(clause: Clause) -> bool:
    """An event that has its own day: the power went, an issue vanished, money was taken."""
    is_charge = clause.has("charge", "charged_twice") and not clause.denied and not clause.has("cancelled")
    went = clause.has("outage", "vanished") and not clause.denied
    return is_charge or went


def _is_issue_day(sentence: Sentence, when: When, facts: list[tuple[int, int]]) -> bool:
    return any(start <= when.start < end or when.start <= start < when.end for start, end in facts)


def find_since(reading: Reading, issue_spans: list[tuple[int, int]]) -> Iterator[FoundFact]:
    for sentence in reading.sentences:
        for when in sentence.whens:
            if (
                when.grain == "week"
                or _is_issue_day(sentence, when, issue_spans)
                or _is_before(reading, sentence, when)
            ):
                continue
            if _is_since(reading, sentence, when) and when.past <= reading.sent_at.date():
                yield reading.to_fact("since", when.to_normal(when.past), (when.start, when.end))


def _is_before(reading: Reading, sentence: Sentence, when: When) -> bool:
    """The day belongs to an earlier time."""
    return _get_clause(sentence, when).has("last_time") and not sentence.has("began")


def _is_earlier_time(clause: Clause) -> bool:
    is_told = clause.has("last_time", "same") or (clause.has("happens") and clause.has("also"))
    return is_told and not clause.supposed and not clause.has("began")


def find_happened_before(reading: Reading, issue_spans: list[tuple[int, int]]) -> Iterator[FoundFact]:
    dated = list(_find_dated(reading, issue_spans))
    yield from dated or _find_undated(reading)


def _find_dated(reading: Reading, issue_spans: list[tuple[int, int]]) -> Iterator[FoundFact]:
    for sentence in reading.sentences:
        for when in sentence.whens:
            clause = _get_clause(sentence, when)
            if _is_issue_day(sentence, when, issue_spans) or when.grain == "week":
                continue
            if _is_earlier_time(clause) and when.past < reading.sent_at.date().replace(day=1):
                yield reading.to_fact("happened_before", when.past.strftime("%Y-%m"), (when.start, when.end))


_OTHER_REPEATS = ("charge", "logout_in_done", "restart_done", "reinstall_done", "try_done", "cancelled")


def _find_repeat(sentence: Sentence, clause: Clause) -> Hit | None:
    """The word that says it has failed before, without a date."""
    if clause.supposed or clause.has(*_OTHER_REPEATS):
        return None
    if clause.has("again") and clause.has(*FAILURES, "power"):
        return clause.get("again")[0]
    if clause.has("before_too") and not clause.denied:
        return clause.get("before_too")[0]
    is_told = sentence.has(*FAILURES) or clause.has("happens", "this_is")
    if clause.has("nth_time") and is_told and not clause.denied and not clause.has("writes"):
        return clause.get("nth_time")[0]
    if clause.has("same", "last_time") and clause.has("vague_time"):
        return clause.get("vague_time")[0]
    return None


def _find_undated(reading: Reading) -> Iterator[FoundFact]:
    for sentence, clause in reading.iter_clauses():
        hit = _find_repeat(sentence, clause)
        if hit is not None:
            yield reading.to_fact("happened_before", "yes", sentence.get_span(hit))


def _is_deadline(reading: Reading, sentence: Sentence, when: When) -> bool:
    clause = _get_clause(sentence, when)
    if clause.supposed and not clause.has("must"):
        return False
    reach = (24, 12) if reading.language == "fi" else (8, 20)
    beside = _is_beside(sentence, when, "by_mark", *reach)
    today = reading.sent_at.date()
    return beside and today <= when.future <= today + FARTHEST


def find_deadline(reading: Reading) -> Iterator[FoundFact]:
    for sentence in reading.sentences:
        for when in sentence.whens:
            if when.grain == "day" and _is_deadline(reading, sentence, when):
                yield reading.to_fact("deadline", when.future.isoformat(), (when.start, when.end))
        for clause in sentence.clauses:
            for hit in clause.get("today_still"):
                if sentence.has("must"):
                    yield reading.to_fact("deadline", reading.sent_at.date().isoformat(), sentence.get_span(hit))
