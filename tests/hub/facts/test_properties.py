"""What holds for any text."""

from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.facts import Catalogue, detect_language, find_person_wish, parse_catalogue, read_asks, read_facts

WHEN = datetime(2026, 11, 18, 12, tzinfo=UTC)
CATALOGUE: Catalogue = parse_catalogue(
    {
        "publications": [{"id": "apu", "title": "Apu"}, {"id": "hbr", "title": "Harvard Business Review"}],
        "apps": [{"id": "zinio", "title": "Zinio"}],
        "partners": [{"id": "posti", "role": "delivery", "names": ["Posti"]}],
    }
)
PIECES = (
    *("Apu", "Zinio", "ei", "not", "inte", "puuttuu", "saknas", "iPad", "12.11.", "tilausnumero", "A-771", "\n"),
    *("kahdesti", "veloitettu", "charged", "twice", "ihmisen", "haluan", "jos", "if", "om", "?", ".", ",", "> "),
    *("kirjoitti:", "wrote:", '"', "'", ":", "(", "Posti", "soitin", "040", "123", "4567", "x@example.org"),
)
WORDS = st.sampled_from(PIECES)
MIXED = st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=200)


@given(subject=MIXED, body=MIXED)
def test_any_text_is_read_and_every_quote_is_its_span(subject, body):
    text = f"{subject}\n\n{body}"
    for fact in read_facts(subject, body, WHEN, CATALOGUE):
        assert 0 <= fact.start < fact.end <= len(text)
        assert text[fact.start : fact.end] == fact.quote


@given(text=MIXED)
def test_any_text_may_be_asked_what_it_asks(text):
    assert len(read_asks(text, CATALOGUE)) == len(set(read_asks(text, CATALOGUE)))
    assert detect_language(text) in ("fi", "sv", "en")


@given(text=MIXED)
def test_a_wish_for_a_person_lies_in_the_text(text):
    start, end = find_person_wish(text) or (0, 0)
    assert 0 <= start <= end <= len(text)


@given(body=MIXED)
def test_quoted_text_tells_nothing(body):
    quoted = "\n".join(f"> {line}" for line in body.splitlines())
    assert read_facts("", quoted, WHEN, CATALOGUE) == []


@given(step=st.sampled_from(["cleared the cache", "updated the app", "restarted the phone", "changed my password"]))
def test_a_step_denied_is_no_step(step):
    said = {fact.key for fact in read_facts("", f"I have {step}.", WHEN, CATALOGUE)}
    denied = {fact.key for fact in read_facts("", f"I have not {step}.", WHEN, CATALOGUE)}
    assert (said, denied) == ({"steps_tried"}, set())


@pytest.mark.parametrize(
    "piece", ["ei näy ja ", "ab\n", "a.", "0", '"ei voi ', "tilausnumero on ", "+1 ", "a@", "> a\n"]
)
def test_no_text_takes_long(piece):
    started = process_time()
    read_facts("", piece * (40_000 // len(piece)), WHEN, CATALOGUE)
    assert process_time() - started < 10
