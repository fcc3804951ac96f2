import pytest

from hub.facts import read_asks


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Millä sähköpostiosoitteella tilaus on tehty?", ["account_email"]),
        ("Ole hyvä ja tarkista julkaisualusta.", ["app"]),
        ("Mikä lehti on kyseessä ja mikä numero siitä puuttuu?", ["publication", "issue"]),
        ("Mistä numerosta vastaanottajan saa kiinni?", ["phone"]),
        ("Ilmoittakaa osoite, jossa sähköt ovat poikki.", ["address"]),
        ("Onko konetta käynnistetty uudelleen?", ["steps_tried"]),
        ("Milloin vika alkoi?", ["since"]),
        ("Vilket nummer av tidningen saknas?", ["issue"]),
        ("På vilket nummer når vi dig bäst?", ["phone"]),
        ("Har ni kollinumret?", ["tracking_number"]),
        ("Det framgår inte om köpet är gjort i appen.", ["bought_from"]),
        ("Please verify your e-mail address and platform.", ["device", "account_email"]),
        ("Which address is the subscription under?", ["account_email"]),
        ("At which street address?", ["address"]),
        ("Have you restarted the tablet?", ["steps_tried"]),
        ("Have you been in touch with the app's support?", ["contacted"]),
        ("We need the order ID printed on the receipt.", ["order_number"]),
        ("By what date do you need this solved?", ["deadline"]),
    ],
)
def test_a_text_asks_for_what_it_names(catalogue, text, asks):
    assert read_asks(text, catalogue) == asks


@pytest.mark.parametrize(
    "text",
    [
        "Voimmeko auttaa vielä jossakin muussa?",
        "Sopiiko, että pidennämme tilaustasi?",
        "Tarkistimme asiakkaan sähköpostiosoitteen ja tilausnumeron.",
        "Hur nöjd är du med hjälpen, på en skala från 0 till 10?",
        "Tack, kundnumret räckte.",
        "Is there anything else we can help you with today?",
        "Thanks, the order number and the e-mail address were all we needed.",
        "Shall I go ahead and have the issue sent again?",
        "> Which device do you use?",
        "",
    ],
)
def test_offers_thanks_and_news_ask_for_nothing(catalogue, text):
    assert read_asks(text, catalogue) == []


def test_a_short_question_asks_for_what_was_said_before(catalogue):
    assert read_asks("Köpet är gjort i App Store eller hos tidningen. Vilketdera stämmer?", catalogue) == [
        "bought_from"
    ]
