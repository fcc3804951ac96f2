import pytest

from hub.facts.inflection import list_forms


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("kauppalehti", "kauppalehden kauppalehtea kauppalehdessa"),
        ("kotiliesi", "kotilieden kotilietta kotilieteen"),
        ("optio", "option optiota optioon optiosta"),
        ("apu", "avun apua avusta"),
        ("ankka", "ankan ankkaa ankkaan"),
        ("tiede", "tieteen tiedetta tieteesta"),
        ("kuukausiliite", "kuukausiliitteen kuukausiliitetta"),
        ("naiset", "naisten naisia naisista"),
        ("sanomat", "sanomien sanomia"),
        ("talous", "talouden taloutta"),
        ("wired", "wiredin wiredia wiredista"),
        ("readly", "readlyn readlyssa readlyyn"),
        ("wolt", "woltin woltista wolttiin"),
        ("allers", "allersin allersia"),
    ],
)
def test_the_cases_people_write_are_among_the_forms(name, forms):
    assert set(forms.split()) <= list_forms(name)


@pytest.mark.parametrize(("name", "word"), [("seura", "seuraava"), ("apu", "apulainen"), ("time", "timer")])
def test_other_words_are_not(name, word):
    assert word not in list_forms(name)
