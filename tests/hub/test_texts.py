from datetime import UTC, datetime

import pytest
from fluent.syntax import parse
from fluent.syntax.ast import Message, VariableReference
from fluent.syntax.visitor import Visitor

from hub.errors import NotFound
from hub.texts import LANGUAGES, LOCALE, find_word, say, to_moment, to_month

AT = datetime(2026, 11, 12, 6, 41, tzinfo=UTC)


class Places(Visitor):  # type: ignore[misc]
    """The places that a word leaves open."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_VariableReference(self, node: VariableReference) -> None:
        self.found.add(node.id.name)


def read_words(language: str) -> dict[str, set[str]]:
    """Every word of the file with the places that it names."""
    words = {}
    for entry in parse((LOCALE / f"{language}.ftl").read_text("utf-8")).body:
        if isinstance(entry, Message):
            places = Places()
            places.visit(entry)
            words[entry.id.name] = places.found
    return words


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_every_language_has_the_same_words_with_the_same_places(language: str) -> None:
    assert read_words(language) == read_words("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_a_file_is_lost_as_junk(language: str) -> None:
    kinds = {type(entry).__name__ for entry in parse((LOCALE / f"{language}.ftl").read_text("utf-8")).body}
    assert kinds <= {"Message", "Comment"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_can_be_said(language: str) -> None:
    for word, places in read_words(language).items():
        assert say(language, word, **dict.fromkeys(places, "X")).strip()


def test_a_language_that_is_not_spoken_gets_english() -> None:
    assert say("de", "greeting-nobody") == say("en", "greeting-nobody")


def test_a_missing_word_is_an_error_not_a_gap() -> None:
    with pytest.raises(NotFound, match="no-such-word"):
        say("fi", "no-such-word")
    with pytest.raises(NotFound, match="name"):
        say("fi", "greeting")


def test_a_word_that_may_be_missing_is_found_or_not() -> None:
    assert (find_word("en", "value-ipad"), find_word("en", "value-nothing")) == ("iPad", None)


@pytest.mark.parametrize(
    ("language", "told"),
    [("fi", "to 12.11.2026 klo 8.41"), ("sv", "tors 12.11.2026 kl. 08.41"), ("en", "Thu 12 Nov 2026, 08:41")],
)
def test_a_moment_is_told_in_the_readers_own_way_and_time(language: str, told: str) -> None:
    assert to_moment(AT, language, "Europe/Helsinki") == told


@pytest.mark.parametrize(
    ("language", "told"), [("fi", "marraskuu 2026"), ("sv", "november 2026"), ("en", "November 2026")]
)
def test_a_month_is_told_by_its_name(language: str, told: str) -> None:
    assert to_month(AT, language) == told
