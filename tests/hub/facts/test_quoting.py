import pytest

from hub.facts.quoting import parse_zones


@pytest.mark.parametrize(
    "earlier",
    [
        "> Luetko lehteä iPadilla?",
        "14.2.2026 klo 16.02 Tuki kirjoitti:\n> Luetko lehteä iPadilla?",
        "On Mon, 11 May 2026 at 10:02, Support <s@example.org>\nwrote:\n> iPad?",
        "Den 19 okt. 2026 kl. 09:14 skrev Supporten:\n\niPad?",
        "-----Alkuperäinen viesti-----\nAihe: iPad",
        "-----Original Message-----\niPad",
        "Från: Kundtjänst\nSkickat: 9 oktober\nTill: Susanne\n\niPad?",
    ],
)
def test_earlier_text_is_not_the_senders(earlier):
    own = parse_zones("VS: asia", f"Ei auttanut.\n\n{earlier}").own
    assert "Ei auttanut." in own
    assert "iPad" not in own


def test_an_answer_below_the_quoted_text_is_the_senders():
    own = parse_zones("", "On 1 May 2026 X wrote:\n> which device?\n\nIt is an iPad.").own
    assert "It is an iPad." in own
    assert "which device" not in own


@pytest.mark.parametrize(
    "signature",
    [
        "Terveisin\nMatti",
        "Matti Lukija\np. 040 123 4567",
        "-- \nMatti\nRantatie 1",
        "t. Matti",
        "/Oskar",
        "Best,\nPriya",
    ],
)
def test_a_signature_is_kept_apart(signature):
    zones = parse_zones("", f"Lehti ei lataudu.\n\n{signature}")
    assert zones.own.strip() == "Lehti ei lataudu."
    assert zones.signature.strip() == signature.strip()


def test_prose_after_the_closing_is_text_again():
    own = parse_zones("", "Hei.\n\nTerveisin\nMatti\n\nPS. Asiakasnumero on 4417.").own
    assert "Asiakasnumero" in own


def test_masks_keep_every_offset():
    subject, body = "otsikko", "Hei.\n> vanha\n\nMatti"
    zones = parse_zones(subject, body)
    assert len(zones.own) == len(zones.signature) == len(f"{subject}\n\n{body}")


def test_long_words_in_quotation_marks_are_masked_and_told():
    text = 'Ruudulla lukee "Tämä ei ole iPad".'
    zones = parse_zones("", text)
    assert "iPad" not in zones.own
    assert [f"\n\n{text}"[start:end] for start, end in zones.quotes] == ["Tämä ei ole iPad"]
