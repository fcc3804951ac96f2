import pytest

from hub.facts.report import parse_sent_at, understand, understand_question


@pytest.mark.parametrize("written", ["Wed, 18 Nov 2026 12:00:00 +0200", "2026-11-18T12:00:00+02:00"])
def test_both_forms_of_date_are_read(written):
    assert parse_sent_at(written).isoformat() == "2026-11-18T12:00:00+02:00"


def test_what_is_no_date_is_refused():
    with pytest.raises(ValueError):
        parse_sent_at("soon")


def test_a_message_gives_its_facts_and_their_words(catalogue):
    message = {"id": "m1", "date": "2026-11-18T12:00:00+02:00", "subject": "Gloria", "body": "Luen iPadilla."}
    result = understand(message, catalogue)
    assert (result["id"], result["facts"]) == ("m1", {"publication": ["gloria"], "device": ["ipad"]})
    assert [row["quote"] for row in result["spans"]] == ["Gloria", "iPadilla"]


def test_a_question_gives_what_it_asks(catalogue):
    assert understand_question({"id": "q1", "text": "Which device?"}, catalogue) == {"id": "q1", "asks": ["device"]}
