from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.pages.marking import Span, cut, to_told

TEXT = "Luen iPadilla.\n\n> Hei\n> Megan"
WHOLE = f"Lehti\n\n{TEXT}"


def test_the_words_a_fact_stands_on_are_marked(make: Any) -> None:
    told = to_told(make.message(text=TEXT), [make.fact("iPadilla", whole=WHOLE)])
    assert [(p.text, p.anchor) for p in told.body[:2]] == [("Luen ", ""), ("iPadilla", "m1-12")]


def test_what_was_quoted_is_kept_apart(make: Any) -> None:
    told = to_told(make.message(text=TEXT, reply="Luen iPadilla."), [])
    assert [p.text for p in told.body] == ["Luen iPadilla."]
    assert told.after[0].text.strip() == "> Hei\n> Megan"
    assert told.before == ()


def test_a_fact_in_the_subject_is_marked_there(make: Any) -> None:
    told = to_told(make.message(text=TEXT), [make.fact("Lehti", whole=WHOLE)])
    assert [(p.text, p.anchor) for p in told.subject] == [("Lehti", "m1-0")]


def test_another_messages_fact_marks_nothing(make: Any) -> None:
    told = to_told(make.message(text=TEXT, id=2), [make.fact("iPadilla", whole=WHOLE)])
    assert not any(p.anchor for p in told.body)


def test_a_reply_that_stands_nowhere_in_the_text_shows_all_of_it(make: Any) -> None:
    told = to_told(make.message(text=TEXT, reply="other words"), [])
    assert "".join(p.text for p in told.body) == TEXT


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5))
def test_whatever_is_marked_no_letter_is_lost(whole: str, places: list[tuple[int, int]]) -> None:
    spans = [Span(start=min(p), end=max(p), anchor="a", key="k") for p in sorted(places)]
    assert "".join(p.text for p in cut(whole, spans, 0, len(whole))) == whole
