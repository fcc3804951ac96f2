import pytest

from hub.facts import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("sahkot poikki taas. koska tulee takas?", "fi"),
        ("förra veckans economist saknas i zinio", "sv"),
        ("hey, april entrepreneur wont download", "en"),
        ("Hei, kiitos viestistä", "fi"),
        ("Tack för hjälpen", "sv"),
        ("", "fi"),
    ],
)
def test_small_words_tell_the_language(text, language):
    assert detect_language(text) == language


def test_every_message_of_the_fixtures_is_in_its_language(rows):
    wrong = [row["id"] for row in rows("messages.jsonl") if detect_language(row["body"]) != row["lang"]]
    assert wrong == []
