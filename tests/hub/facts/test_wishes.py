import pytest

from hub.facts import find_person_wish


@pytest.mark.parametrize(
    "text",
    [
        "Haluan asialle ihmisen.",
        "Tähän vastaa sitten ihan elävä ihminen eikä mikään automaatti.",
        "Saisikohan teiltä ihan oikean ihmisen puhelimeen?",
        "Haluan, että asiakaspalvelija hoitaa sen puolestani.",
        "Antakaa ihminen puhelimeen!",
        "Koppla mig till en riktig person, tack.",
        "Finns det en människa hos er som kan ta det här?",
        "Jag skulle hellre tala med en människa än klicka mer.",
        "Kan jag få prata med en person?",
        "Get me a person.",
        "can a HUMAN please look at this",
        "I'd like to talk to a real person",
        "I don't need another automated reply, I need a person.",
        "a person and not a bot, please",
        "ihminen",
        "Person!",
        "människa\n\nMed vänlig hälsning\nEva",
    ],
)
def test_a_wish_for_a_person_is_heard(text):
    assert find_person_wish(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Soittakaa minulle.",
        "no need to call me or anything",
        "It was nice to hear from somebody who had read what I wrote.",
        "Could someone please own this?",
        "Lukeeko näitä kukaan?",
        "En tarvitse ihmistä, kiitos.",
        "Ring mig gärna.",
        "> Haluan ihmisen.",
        "Oikea ihminen vastasi.",
    ],
)
def test_other_wishes_are_not_one(text):
    assert find_person_wish(text) is None


def test_the_span_is_in_the_text_given():
    text = "Hei,\n\nhaluan ihmisen."
    start, end = find_person_wish(text)
    assert text[start:end] == "ihmisen"
