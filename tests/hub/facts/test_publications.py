from datetime import datetime

import pytest

from hub.facts import Catalogue, parse_catalogue, read_facts, to_jsonable

WHEN = datetime.fromisoformat("2026-11-18T12:00:00+02:00")


@pytest.mark.parametrize(
    ("text", "publication"),
    [
        ("Voiman marraskuun numero puuttuu.", "voima"),
        ("En löydä Kotilieden uusinta numeroa.", "kotiliesi"),
        ("Kotiliettä ei näy.", "kotiliesi"),
        ("Kauppalehden sivut ovat tyhjiä.", "kauppalehti"),
        ("Kauppalehden Optiota ei näy.", "optio"),
        ("uusinta optiota ei näy readlyssä", "optio"),
        ("Avun numero 12 puuttuu.", "apu"),
        ("Apu-lehti ei lataudu.", "apu"),
        ("Annan numero 30 puuttuu.", "anna"),
        ("Imagen lokakuun numero on hajalla.", "image"),
        ("HBR:n numero puuttuu", "hbr"),
        ("hbr ei näy ziniossa", "hbr"),
        ("joulukuun WIREDiä ei näy", "wired"),
        ("april wired wont download", "wired"),
        ("In last week's issue of TIME the pages are grey.", "time"),
        ("My Economist is missing.", "economist"),
        ("Husis saknas i dag.", "hbl"),
        ("Septembernumret av Tidningen Vi saknas.", "vi"),
        ("Veckans Fokus saknas.", "fokus"),
        ("Kunto Plussan kuvat eivät näy.", "kuntoplus"),
    ],
)
def test_a_title_is_found_in_any_form(read, text, publication):
    assert read(text)["publication"] == [publication]


@pytest.mark.parametrize(
    "text",
    [
        "Apua!! Anna minulle joku neuvo.",
        "Tyttäreni Anna odottaa lehteä.",
        "Iltaisin istun kissan seurassa ja painan seuraava.",
        "I had a great time and it cost me a fortune.",
        "I wired the annual fee back in March.",
        "Vi är pensionärer här hemma.",
        "Asiakasnumeromme on KL-558201.",
        "Tilaus on voimassa kesäkuuhun.",
        "The image is broken.",
        "nimeni on Anna Salmi ja kysyn apua",
    ],
)
def test_a_word_that_is_also_a_title_is_only_a_word(read, text):
    assert "publication" not in read(text)


def test_the_owner_of_a_supplement_is_not_meant(read):
    assert read("Kauppalehden Optio puuttuu.")["publication"] == ["optio"]


def test_two_titles_are_both_found(read):
    assert read("En löydä Fortunea enkä WIREDiä Ziniosta.")["publication"] == ["fortune", "wired"]


def test_a_title_new_to_the_catalogue_works_at_once(read):
    row = {"id": "sahko", "title": "Sähkölehti", "frequency": "weekly"}
    facts = read_facts("", "Sähkölehden numero 40 puuttuu.", WHEN, parse_catalogue({"publications": [row]}))
    assert to_jsonable(facts) == {"publication": ["sahko"], "issue": ["2026-W40"], "symptom": ["missing_issue"]}


def test_without_a_catalogue_no_title_is_known():
    assert "publication" not in to_jsonable(read_facts("", "Kauppalehti puuttuu.", WHEN, Catalogue()))


@pytest.mark.parametrize(
    ("text", "app"),
    [
        ("Lehti ei näy Ziniossa.", "zinio"),
        ("ei aukea readlyssä", "readly"),
        ("I use Press Reader on my phone.", "pressreader"),
        ("Lukulamppu-sovellus kaatuu.", "lukulamppu"),
        ("Numret saknas i Flipp.", "flipp"),
    ],
)
def test_an_app_is_found_in_any_form(read, text, app):
    assert read(text)["app"] == [app]
