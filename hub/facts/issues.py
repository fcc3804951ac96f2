"""Key `issue`: which issue of a publication is spoken of, in normal form by the publication's frequency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from hub.facts.clauses import Clause, Sentence
from hub.facts.model import FoundFact
from hub.facts.publications import is_said_to_work
from hub.facts.reading import Reading
from hub.facts.symptoms import FAILURES
from hub.facts.when import When, add_months, resolve_month, week_start

AHEAD = 2  # months that an issue may carry a name in advance
_OF_YEAR = re.compile(r"(?<![\w./-])(\d{1,2})/(20\d\d)(?![\w/])")
_LINK = re.compile(r"\W{0,3}((?:(?:för|från|av|for|from|of|i|den|the|dated|on)\W+)*)", re.I)
Found = tuple[str, int, int]  # normal form, first and last token


def to_week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _resolve_week(number: int, today: date) -> str | None:
    """The latest week of that number that is not more than a month ahead."""
    limit = today + timedelta(days=31)
    for year in (today.year + 1, today.year, today.year - 1):
        try:
            day = date.fromisocalendar(year, number, 1)
        except ValueError:
            continue
        if day <= limit:
            return to_week(day)
    return None


class _Finder:
    """Issues named in one sentence; `frequency` is that of the publication spoken of, or empty."""

    def __init__(self, reading: Reading, sentence: Sentence, frequency: str) -> None:
        self.reading, self.sentence, self.frequency = reading, sentence, frequency
        self.tokens = sentence.tokens
        self.today = reading.sent_at.date()
        self.concepts: list[set[str]] = [set() for _ in self.tokens]
        for hit in sentence.hits:
            for at in range(hit.first, hit.last + 1):
                self.concepts[at].add(hit.concept)

    def find(self) -> Iterator[Found]:
        for at in range(len(self.tokens)):
            yield from self._find_at(at)

    def _is(self, at: int, concept: str) -> bool:
        return self._has_at(at, concept)

    def _has_at(self, at: int, *concepts: str) -> bool:
        return 0 <= at < len(self.tokens) and not self.concepts[at].isdisjoint(concepts)

    def _is_issue(self, at: int) -> bool:
        return self._has_at(at, "issue_word", "publication")

    def _find_at(self, at: int) -> Iterator[Found]:
        yield from self._find_of_month(at)
        yield from self._find_of_week(at)
        yield from self._find_numbered(at)
        if self._is(at, "todays") and self._is_issue(at + 1) and self.frequency == "daily":
            yield self.today.isoformat(), at, at

    def _month(self, at: int) -> int | None:
        return next((int(hit.value) for hit in self.sentence.list_hits("month_name") if hit.first == at), None)

    def _find_of_month(self, at: int) -> Iterator[Found]:
        """`marraskuun numero`, `oktobernumret`, `the May issue of`, `Astra oktober`, `tämän kuun lehti`."""
        month = self._month(at)
        if month and self._names_issue(at):
            year = self._year(at)
            first = date(year, month, 1) if year else resolve_month(month, self.today, AHEAD)
            yield first.strftime("%Y-%m"), at, at
        shift = self._shift(at)
        if shift is not None and self._is(at + 1, "month_word") and self._is_beside(at, at + 1):
            yield add_months(self.today, shift).strftime("%Y-%m"), at, at + 1

    def _year(self, at: int) -> int | None:
        following = self.tokens[at + 1].base if at + 1 < len(self.tokens) else ""
        return int(following) if re.fullmatch(r"20\d\d", following) else None

    def _names_issue(self, at: int) -> bool:
        word = self.tokens[at].word
        if "num" in word[3:]:
            return True  # oktobernumret
        if self.reading.language == "fi" and not word.endswith("kuun"):
            return False
        if self.reading.language == "en" and word in ("may", "march") and not self.tokens[at].is_capital:
            return False
        has_day = at and re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", self.tokens[at - 1].word)
        return not has_day and self._is_beside(at, at)

    def _is_beside(self, first: int, last: int) -> bool:
        """An issue word or a title stands right after, one word on, or right before."""
        after = any(self._is_issue(at) for at in (last + 1, last + 2) if self._is_same_clause(last, at))
        before = first > 0 and (self._is_issue(first - 1) or (self._is_issue(first - 2) and self._is_link(first - 1)))
        return after or (before and self.reading.language != "fi") or (before and self._is_title_genitive(first - 1))

    def _is_title_genitive(self, at: int) -> bool:
        return self._has_at(at, "publication")

    def _is_link(self, at: int) -> bool:
        return self.tokens[at].word in ("for", "from", "of", "fran", "av")

    def _is_same_clause(self, left: int, right: int) -> bool:
        return right < len(self.tokens) and self.sentence.get_clause(left) is self.sentence.get_clause(right)

    def _shift(self, at: int) -> int | None:
        return -1 if self._is(at, "last") else 0 if self._is(at, "this") else 1 if self._is(at, "next") else None

    def _find_of_week(self, at: int) -> Iterator[Found]:
        """`tämän viikon Akkari`, `this week's`, `veckans Allers`, `viikon 46 numero`, `week 12`."""
        word = self.tokens[at].word
        if self._is(at, "week_word"):
            number = self._integer(at + 1)
            if number and 1 <= number <= 53 and (week := _resolve_week(number, self.today)):
                if self._is_beside(at, at + 1) or self._is_weekly_context(at, at + 1):
                    yield week, at, at + 1
                return
            shift = self._shift(at - 1) if at else None
            if shift is None and word == "veckans":
                shift = 0
            if shift is not None and self._is_possessive(word) and self._is_beside(max(at - 1, 0), at):
                yield to_week(week_start(self.today) + timedelta(days=7 * shift)), max(at - 1, 0), at

    def _is_possessive(self, word: str) -> bool:
        return word in ("viikon", "veckans", "veckas", "weeks", "week", "vkon")

    def _is_weekly_context(self, first: int, last: int) -> bool:
        return self.frequency == "weekly" and self.sentence.get_clause(first).has("issue_word", "publication")

    def _integer(self, at: int) -> int | None:
        if not 0 <= at < len(self.tokens) or not re.fullmatch(r"\d{1,2}", self.tokens[at].base):
            return None
        return int(self.tokens[at].base)

    def _find_numbered(self, at: int) -> Iterator[Found]:
        """`numero 12`, `nr 5`, `issue 40`, `1/2026`: month N of a monthly, week N of a weekly."""
        match = _OF_YEAR.match(self.reading.zones.own, self.tokens[at].start)
        if match and self._is_number_of_issue(at):
            found = self._to_numbered(int(match[1]), int(match[2]))
            if found:
                yield found, at, at + 1
            return
        number = self._integer(at + 1)
        if number and self._is_number_word(at) and not _is_part(self.reading.zones.own, self.tokens[at + 1].end):
            found = self._to_numbered(number, None)
            if found:
                yield found, at, at + 1

    def _is_number_of_issue(self, at: int) -> bool:
        return any(self._is_issue(near) for near in (at - 1, at - 2, at + 2))

    def _is_number_word(self, at: int) -> bool:
        """`issue 12`; plain `number 1` only beside a title, as lists have numbers too."""
        is_called = self.sentence.get_clause(at).has("contact_done") and not self._has_at(at - 1, "publication")
        if not self._is(at, "number_word") or is_called:
            return False
        return self._has_at(at, "issue_word") or any(
            self._has_at(near, "publication") for near in (at - 1, at + 2, at + 3)
        )

    def _to_numbered(self, number: int, year: int | None) -> str | None:
        if self.frequency == "monthly" and 1 <= number <= 12:
            first = date(year, number, 1) if year else resolve_month(number, self.today, AHEAD)
            return first.strftime("%Y-%m")
        if self.frequency == "weekly" and 1 <= number <= 53:
            return f"{year}-W{number:02d}" if year else _resolve_week(number, self.today)
        return None


def _is_part(text: str, end: int) -> bool:
    """The number goes on: `40-12`, `12/2025`, `5,90`, `12.3.`"""
    return bool(re.match(r"[-/.,:]\d|\s?(?:%|€|kr|e\b|euro)", text[end : end + 6]))


def _find_days(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[tuple[date, When]]:
    """Days of a daily's issues: named right beside an issue word or a title."""
    start, end = reading.to_clause_span(sentence, clause)
    for when in sentence.whens:
        if start <= when.start < end and when.grain == "day" and _is_day_of_issue(reading, sentence, clause, when):
            yield when.past, when


def _is_day_of_issue(reading: Reading, sentence: Sentence, clause: Clause, when: When) -> bool:
    """`eilisen lehti`, `Monday's paper`, `19.11. numero`; or `Husis från i lördags`, `DN för den 23 november`."""
    own, spans = reading.zones.own, [sentence.get_span(hit) for hit in clause.list_hits("issue_word", "publication")]
    is_date = when.kind in ("numeric", "name")
    for start, end in spans:
        if 0 <= start - when.end <= (3 if is_date else 30) and (is_date or _is_genitive(own[when.start : when.end])):
            return True
        link = _LINK.fullmatch(own[end : when.start]) if end <= when.start else None
        if link and (is_date or (when.kind == "weekday" and link[1])):
            return True
    return False


def _is_genitive(written: str) -> bool:
    """`eilisen`, `tämän aamun`, `gårdagens`, `yesterday's`; not `eilen` and `tänään`."""
    return bool(re.search(r"(?:s|[^ä]n)$", written.lower())) and written.lower() != "eilen"


def _find_frequency(reading: Reading, sentences: Iterable[Sentence]) -> str | None:
    """That of the titles named in `sentences`; empty where they differ, None where there are none."""
    ids = {hit.value for sentence in sentences for hit in sentence.list_hits("publication")}
    rows = [row for row in map(reading.catalogue.find_publication, ids) if row]
    kinds = {row.frequency for row in rows}
    return None if not kinds else kinds.pop() if len(kinds) == 1 else ""


def _is_left_out(clause: Clause) -> bool:
    """`of this week's I say nothing yet`: denied, and not about a failure."""
    return clause.denied and not clause.has(*FAILURES, "app", "be", "opens")


def _find_named(reading: Reading, sentence: Sentence, frequency: str) -> Iterator[FoundFact]:
    tokens = sentence.tokens
    for value, first, last in _Finder(reading, sentence, frequency).find():
        clause = sentence.get_clause(first)
        if not (is_said_to_work(sentence, clause) or clause.supposed or _is_left_out(clause)):
            span = tokens[first].start, tokens[min(last, len(tokens) - 1)].end
            yield reading.to_fact("issue", value, span)


def _find_daily(reading: Reading, sentence: Sentence) -> Iterator[FoundFact]:
    for clause in sentence.clauses:
        if not is_said_to_work(sentence, clause) and not clause.supposed:
            for day, when in _find_days(reading, sentence, clause):
                yield reading.to_fact("issue", day.isoformat(), (when.start, when.end))


def find_issues(reading: Reading) -> Iterator[FoundFact]:
    everywhere = _find_frequency(reading, reading.sentences)
    for sentence in reading.sentences:
        here = _find_frequency(reading, [sentence])
        frequency = (everywhere if here is None else here) or ""
        yield from _find_named(reading, sentence, frequency)
        if frequency == "daily":
            yield from _find_daily(reading, sentence)


def list_issue_spans(facts: Iterable[FoundFact]) -> list[tuple[int, int]]:
    return [(fact.start, fact.end) for fact in facts if fact.key == "issue"]
