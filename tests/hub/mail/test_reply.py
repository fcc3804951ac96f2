from __future__ import annotations

import pytest

from hub.mail.reply import trim_reply

OWN = "Hei,\n\nsyyskuun numero puuttuu vieläkin.\n\nMatti"

ABOVE = {
    "fi, Gmail": "to 14. helmik. 2026 klo 16.02 Tuki (tuki@luotsi.example) kirjoitti:",
    "fi, Apple": "Tuki <tuki@luotsi.example> kirjoitti 14.2.2026 kello 16.02:",
    "fi, short": "14.2.2026 klo 16.02 Tuki kirjoitti:",
    "fi, broken over lines": "pe 20. marrask. 2026 klo 9.05 Luotsin asiakaspalvelu\n<tuki@luotsi.example>\nkirjoitti:",
    "sv, Gmail": "Den 19 okt. 2026 kl. 09:14 skrev Kundtjänst <stod@luotsi.example>:",
    "sv, name first": "19 okt. 2026 kl. 09:14 skrev Kundtjänst:",
    "en, Gmail": "On Mon, 12 Oct 2026 at 09:14, Support <support@luotsi.example> wrote:",
    "en, broken over lines": "On Mon, Oct 12, 2026 at 9:14 AM Support at Luotsi\n<support@luotsi.example> wrote:",
    "de": "Am 12.10.2026 um 09:14 schrieb Hilfe <hilfe@luotsi.example>:",
}
OLD = {
    "fi, Outlook": "-----Alkuperäinen viesti-----\nLähettäjä: Tuki\nLähetetty: 14. helmikuuta 2026 16:02\nAihe: Lehti",
    "sv, Outlook": "-----Ursprungligt meddelande-----\nFrån: Kundtjänst",
    "en, Outlook": "-----Original Message-----\nFrom: Support",
    "fi, block": "________________________________\nLähettäjä: Tuki <t@l.example>\nLähetetty: perjantai\nAihe: Lehti",
    "sv, block": "Från: Kundtjänst <s@l.example>\nSkickat: den 19 oktober 2026 09:14\nTill: Eva\nÄmne: Tidningen",
    "en, bold block": "*From:* Support <s@l.example>\n*Sent:* Monday\n*To:* Matti\n*Subject:* Issue",
}
QUOTE = "> Hei Matti,\n>\n> mikä lehti?\n> > vanhempi"


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE.keys())
def test_a_quote_below_is_trimmed_with_the_line_above_it(above: str) -> None:
    assert trim_reply(f"{OWN}\n\n{above}\n\n{QUOTE}\n") == OWN


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE.keys())
def test_an_old_mail_without_marks_is_trimmed_too(above: str) -> None:
    assert trim_reply(f"{OWN}\n\n{above}\n\nHei Matti,\nmikä lehti?\n") == OWN


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE.keys())
def test_an_answer_below_the_quote_is_what_stays(above: str) -> None:
    assert trim_reply(f"{above}\n{QUOTE}\n\n{OWN}") == OWN


@pytest.mark.parametrize("old", OLD.values(), ids=OLD.keys())
def test_the_block_above_an_old_mail_is_trimmed_with_it(old: str) -> None:
    assert trim_reply(f"{OWN}\n\n{old}\n\nHei Matti,\nmikä lehti?") == OWN


def test_answers_between_quotes_keep_what_they_answer() -> None:
    text = "12.10.2026 klo 9.14 Tuki kirjoitti:\n> Mikä lehti?\nHBR.\n\n> Mikä laite?\niPad.\n> Terveisin Tuki"
    assert trim_reply(text) == "> Mikä lehti?\nHBR.\n\n> Mikä laite?\niPad."


def test_what_is_written_on_both_sides_of_a_quote_stays() -> None:
    text = f"Moi!\n\n12.10.2026 klo 9.14 Tuki kirjoitti:\n{QUOTE}\n\nHBR, ja se on iPad."
    assert trim_reply(text).startswith("Moi!")
    assert trim_reply(text).endswith("HBR, ja se on iPad.")


PEOPLES_OWN = {
    "a person tells what was answered": "Kustantaja kirjoitti 3.11.2026:\nKysykää sovelluksesta.\nMitä nyt?",
    "a person tells, in English": "I asked again and on 3 November they wrote:\nask the publisher.\nWhat now?",
    "a person tells, in Swedish": "Förlaget skrev så här den 3 november:\nfråga appen.\nVad nu?",
    "a forwarded mail": "Tässä vastaus.\n\n---------- Välitetty viesti ---------\nLähettäjä: Z <z@z.example>\n"
    "Päiväys: ma 2.11.2026\nAihe: Vastaus\n\nKysy kustantajalta.",
    "a forward with nothing before it": "From: Z <z@z.example>\nSent: Monday\nTo: M\nSubject: Re\n\nAsk them.",
    "a person tells who quoted whom": "I asked, and on 3 November they wrote:\n> ask the publisher\nWhat now?",
    "a person tells the time too": "Eilen 3.11. klo 12.30 kustantaja kirjoitti:\nkysykää sovelluksesta.\nMitä nyt?",
    "only a quote": "> Mikä lehti?\n> HBR",
    "a dash that is no signature": "Kaksi asiaa:\n\n--\n"
    + "Ensimmäinen asia on pitkä ja siitä on paljon sanottavaa. " * 3,
    "a list of steps": "- kirjauduin ulos\n- kirjauduin sisään\n\nFrom: tammikuu to: maaliskuu",
    "an order's fields": "From: Helsinki\nTo: Turku\nPaketti ei ole tullut.",
    "a colon at the end": "Kirjoitin teille 3.11. klo 12.30 ja kysyin:\nmissä lehti on?",
}


@pytest.mark.parametrize("text", PEOPLES_OWN.values(), ids=PEOPLES_OWN.keys())
def test_no_line_that_a_person_wrote_or_sent_on_is_lost(text: str) -> None:
    assert trim_reply(text) == text.strip()


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nMatti Lukija\np. 040 123 4567",
        "--\nMatti Lukija",
        "Lähetetty iPhonesta",
        "Lähetetty Samsung-puhelimesta",
        "Skickat från min iPhone",
        "Sent from my iPad",
        "Hanki Outlook for Android",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
    ],
)
def test_a_signature_mark_and_what_a_device_adds_are_trimmed(signature: str) -> None:
    assert trim_reply(f"{OWN}\n\n{signature}\n") == OWN


def test_a_name_at_the_end_is_part_of_what_was_written() -> None:
    assert trim_reply("Hei\n\nTerveisin\nMatti Lukija\n040 123") == "Hei\n\nTerveisin\nMatti Lukija\n040 123"


def test_a_device_line_that_is_all_there_is_stays() -> None:
    assert trim_reply("Lähetetty iPhonesta") == "Lähetetty iPhonesta"
