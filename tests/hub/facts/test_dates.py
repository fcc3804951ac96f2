from datetime import date

import pytest

from hub.facts import Catalogue
from hub.facts.dates import find_whens
from hub.facts.reading import parse_sentences

TODAY = date(2026, 11, 18)  # a Wednesday


def find(text, language):
    sentence = parse_sentences(text, language, Catalogue())[0]
    return [(when.past.isoformat(), when.grain) for when in find_whens(sentence, text, language, TODAY)]


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("fi", "se alkoi eilen", "2026-11-17"),
        ("fi", "perjantaista lähtien", "2026-11-13"),
        ("fi", "viime viikon tiistaina", "2026-11-10"),
        ("fi", "kaksi päivää sitten", "2026-11-16"),
        ("fi", "viikko sitten", "2026-11-11"),
        ("fi", "tililtä lähti 2.6. rahaa", "2026-06-02"),
        ("fi", "16. marraskuuta alkaen", "2026-11-16"),
        ("fi", "keskiviikkona", "2026-11-11"),
        ("sv", "i förrgår", "2026-11-16"),
        ("sv", "sedan den 12 november", "2026-11-12"),
        ("sv", "i fredags", "2026-11-13"),
        ("sv", "för tre dagar sedan", "2026-11-15"),
        ("en", "since 15th of June", "2026-06-15"),
        ("en", "on June 15", "2026-06-15"),
        ("en", "two days ago", "2026-11-16"),
        ("en", "since 2026-11-01", "2026-11-01"),
        ("en", "Tuesday last week", "2026-11-10"),
    ],
)
def test_a_day_is_resolved_against_the_day_of_the_message(language, text, day):
    assert find(text, language) == [(day, "day")]


@pytest.mark.parametrize(
    ("language", "text", "month"),
    [("fi", "syyskuussa", "2026-09-01"), ("sv", "i december", "2025-12-01"), ("en", "in May", "2026-05-01")],
)
def test_a_bare_month_is_the_last_one(language, text, month):
    assert find(text, language) == [(month, "month")]


def test_a_weekday_and_its_date_are_one_day():
    assert find("keskiviikkona 4.11.", "fi") == [("2026-11-04", "day")]


@pytest.mark.parametrize("text", ["hinta 12,90 euroa", "versio 3.11.4", "you may be right", "kello 8.99", "31.2."])
def test_what_is_no_date_is_left(text):
    assert find(text, "en") == []
