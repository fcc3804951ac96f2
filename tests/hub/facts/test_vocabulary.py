import pytest

from hub.facts.tokens import parse_tokens
from hub.facts.vocabulary import LANGUAGES, Vocabulary, load_vocabulary, load_words, parse_pattern


def find(pattern, text):
    return [(hit.first, hit.last) for hit in Vocabulary([parse_pattern("x", pattern)]).find_hits(parse_tokens(text))]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("puuttu*", "Lehti PUUTTUUKIN"),
        ("ladda ner|ned", "kan ladda ned"),
        ("poistin .. uudelleen", "poistin sen ja asensin uudelleen"),
        ("don't", "I don't know"),
        ("hbr", "HBR:n sivut"),
        ("e-mail", "my e-mail"),
        ("näkyy", "nakyy"),
    ],
)
def test_a_pattern_is_found(pattern, text):
    assert len(find(pattern, text)) == 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("puuttu", "puuttuu"),
        ("låst", "läst"),
        ("a .. b", "a x y z q b"),
        ("ladda ner", "ladda"),
    ],
)
def test_another_word_is_not_it(pattern, text):
    assert find(pattern, text) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_concepts(language):
    mine, english = (set(load_words(name)["concepts"]) for name in (language, "en"))
    assert mine ^ english == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_vocabulary_compiles(language):
    assert load_vocabulary(language).find_hits([]) == []


def test_a_pattern_cannot_start_with_a_gap():
    with pytest.raises(ValueError, match="starts with a gap"):
        Vocabulary([parse_pattern("x", ".. word")])
