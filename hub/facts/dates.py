"""Finds the days, weeks and months that a sentence names, resolved against the day of the message.

Pure grammar; the words for months, weekdays, days and units are in words/*.yaml and come here as hits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from hub.facts.clauses import Sentence
from hub.facts.vocabulary import Hit
from hub.facts.when import When, add_months, find_date, resolve_day, resolve_month, week_start

_ISO = re.compile(r"(?<![\w-])(20\d\d)-(\d\d)-(\d\d)(?![\w-])")
_NUMERIC = re.compile(r"(?<![\w.,/-])(\d{1,2})\.(\d{1,2})(?:\.(?:\s?(20\d\d)|(\d\d)(?!\d))?)?(?![\w-]|[.,:]\d)")
_DAY = re.compile(r"([1-9]|[12]\d|3[01])(?:st|nd|rd|th|e|a)?")
_YEAR = re.compile(r"20\d\d")
# Month names that are also other words
_AMBIGUOUS = frozenset({"may", "march"})
Read = tuple[When | None, int]
_NOTHING: Read = (None, 1)


def _find_numeric(text: str, offset: int, today: date) -> Iterator[When]:
    for match in _ISO.finditer(text):
        fixed = find_date(int(match[1]), int(match[2]), int(match[3]))
        if fixed:
            yield When(offset + match.start(), offset + match.end(), fixed, fixed, "day", "numeric")
    for match in _NUMERIC.finditer(text):
        year = int(match[3]) if match[3] else 2000 + int(match[4]) if match[4] else None
        resolved = resolve_day(int(match[2]), int(match[1]), year, today)
        if resolved:
            yield When(offset + match.start(), offset + match.end(), *resolved, "day", "numeric")


class _Finder:
    """Reads the days that words name, in one sentence. Each reader gives a day and how many tokens it took."""

    def __init__(self, sentence: Sentence, language: str, today: date) -> None:
        self.sentence, self.tokens, self.language, self.today = sentence, sentence.tokens, language, today
        self.hits: dict[tuple[str, int], Hit] = {}
        for hit in sorted(sentence.hits, key=lambda hit: hit.last):
            self.hits[hit.concept, hit.first] = hit

    def find(self) -> Iterator[When]:
        at = 0
        while at < len(self.tokens):
            when, used = self._read_at(at)
            if when is not None:
                yield when
            at += used

    def _read_at(self, at: int) -> Read:
        for read in (self._read_ago, self._read_offset, self._read_month, self._read_weekday, self._read_span):
            when, used = read(at)
            if when is not None:
                return when, used
        return _NOTHING

    def _has(self, concept: str, at: int) -> bool:
        return (concept, at) in self.hits

    def _value(self, concept: str, at: int) -> str | None:
        hit = self.hits.get((concept, at))
        return hit.value if hit else None

    def _number(self, concept: str, at: int) -> int | None:
        value = self._value(concept, at)
        return int(value) if value is not None else None

    def _match(self, pattern: re.Pattern[str], at: int) -> int | None:
        match = pattern.fullmatch(self.tokens[at].base) if 0 <= at < len(self.tokens) else None
        return int(match[match.lastindex or 0]) if match else None

    def _build(self, first: int, last: int, days: tuple[date, date], grain: str, kind: str) -> Read:
        start, end = self.tokens[first].start, self.tokens[last].end
        return When(start, end, *days, grain, kind), last - first + 1

    def _read_ago(self, at: int) -> Read:
        """`kaksi päivää sitten`, `viikko sitten`, `three days ago`, `tre dagar sedan`."""
        count = self._number("count", at) or self._match(re.compile(r"\d{1,3}"), at)
        last = at + (1 if count is None else 2)
        unit = self._value("unit", last - 1)
        if unit is None or unit == "hour" or not self._has("ago", last):
            return _NOTHING
        if unit == "month":
            day = add_months(self.today, -(count or 1))
        else:
            day = self.today - timedelta(days=(count or 1) * (7 if unit == "week" else 1))
        return self._build(at, last, (day, day), "month" if unit == "month" else "day", "ago")

    def _read_offset(self, at: int) -> Read:
        """`eilen`, `i går`, `this morning`."""
        hit = self.hits.get(("day_offset", at))
        if hit is None:
            return _NOTHING
        day = self.today + timedelta(days=int(hit.value))
        return self._build(at, hit.last, (day, day), "day", "relative")

    def _read_month(self, at: int) -> Read:
        """`16. marraskuuta 2026`, `den 8 november`, `15th of June`, `June 15`, `in August`."""
        day, month = self._match(_DAY, at), self._number("month_name", at)
        if day:
            last = at + 2 if at + 1 < len(self.tokens) and self.tokens[at + 1].base == "of" else at + 1
            month = self._number("month_name", last)
            return self._build_day(month, day, at, last) if month else _NOTHING
        if month is None or (self.tokens[at].word in _AMBIGUOUS and not self.tokens[at].is_capital):
            return _NOTHING
        following = self._match(_DAY, at + 1) if self.language == "en" else None
        return self._build_day(month, following, at, at + 1) if following else self._build_month(month, at)

    def _build_day(self, month: int, day: int, first: int, last: int) -> Read:
        year = self._match(_YEAR, last + 1)
        resolved = resolve_day(month, day, year, self.today)
        return self._build(first, last + (year is not None), resolved, "day", "name") if resolved else _NOTHING

    def _build_month(self, month: int, at: int) -> Read:
        year = self._match(_YEAR, at + 1)
        past = date(year, month, 1) if year else resolve_month(month, self.today, 0)
        future = past if year or month == self.today.month else past.replace(year=past.year + 1)
        return self._build(at, at + (year is not None), (past, future), "month", "name")

    def _read_weekday(self, at: int) -> Read:
        """`perjantaista`, `viime viikon tiistaina`, `last Tuesday`, `i fredags`."""
        weekday = self._number("weekday", at)
        if weekday is None:
            return _NOTHING
        past = self.today - timedelta(days=(self.today.weekday() - weekday) % 7 or 7)
        is_later = self._has("next", at - 1)
        future = self.today + timedelta(days=(weekday - self.today.weekday()) % 7 or (7 if is_later else 0))
        before, after = self._shift_of_week(at - 2), self._shift_of_week(at + 1)
        shift = after if before is None else before
        if shift is not None:
            past = future = week_start(self.today) + timedelta(days=weekday + 7 * shift)
        return self._build(at, at if after is None else at + 2, (past, future), "day", "weekday")

    def _shift(self, at: int) -> int | None:
        shifts = (("last", -1), ("this", 0), ("next", 1))
        return next((shift for concept, shift in shifts if self._has(concept, at)), None)

    def _shift_of_week(self, at: int) -> int | None:
        return self._shift(at) if self._has("week_word", at + 1) else None

    def _read_span(self, at: int) -> Read:
        """`viime kuussa`, `last month`, `förra veckan`."""
        shift = self._shift(at)
        if shift is None:
            return _NOTHING
        if self._has("month_word", at + 1):
            first = add_months(self.today, shift)
            return self._build(at, at + 1, (first, first), "month", "span")
        if self._has("week_word", at + 1) and not self._has("weekday", at + 2):
            first = week_start(self.today) + timedelta(days=7 * shift)
            return self._build(at, at + 1, (first, first), "week", "span")
        return _NOTHING


def _is_said_by(when: When, date_: When) -> bool:
    return when.kind == "weekday" and (0 <= date_.start - when.end <= 8 or 0 <= when.start - date_.end <= 3)


def _join_weekdays(whens: Sequence[When]) -> list[When]:
    """A date says it better than the weekday beside it: `keskiviikkona 4.3.` is one day, of both spans."""
    exact = [when for when in whens if when.kind in ("numeric", "name") and when.grain == "day"]
    joined = {w: date_ for w in whens for date_ in exact if _is_said_by(w, date_)}
    starts = {date_: min(w.start, date_.start) for w, date_ in joined.items()}
    return [replace(when, start=starts.get(when, when.start)) for when in whens if when not in joined]


def find_whens(sentence: Sentence, text: str, language: str, today: date) -> list[When]:
    """All days, weeks and months named in a sentence of `text`, in order."""
    numeric = list(_find_numeric(text[sentence.start : sentence.end], sentence.start, today))
    named = [
        when
        for when in _Finder(sentence, language, today).find()
        if not any(when.start < other.end and other.start < when.end for other in numeric)
    ]
    return _join_weekdays(sorted([*numeric, *named], key=lambda when: when.start))
