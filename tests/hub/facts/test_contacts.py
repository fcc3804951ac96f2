import pytest


@pytest.mark.parametrize(
    ("text", "contacted"),
    [
        ("Kysyin jo Applelta.", ["app_store"]),
        ("Kirjoitin sekä Zinion tukeen että lehden julkaisijalle.", ["delivery", "publisher"]),
        ("Soitin lehden asiakaspalveluun.", ["publisher"]),
        ("Kysyin Otavalta.", ["publisher"]),
        ("woltin chatista kysyin, eivät tiedä", ["delivery"]),
        ("Soitin Carunan vikanumeroon.", ["grid"]),
        ("Soitin helpdeskiin.", ["service_desk"]),
        ("Kirjoitin teille viikko sitten.", ["us"]),
        ("Applen tuki vastasi nopeasti.", ["app_store"]),
        ("Jag ringde PostNord i går.", ["delivery"]),
        ("Utgivaren skyller på appen.", ["publisher"]),
        ("Budbees kundtjänst svarar inte.", ["delivery"]),
        ("I asked the publisher yesterday.", ["publisher"]),
        ("Zinio support says wait 10 working days.", ["delivery"]),
        ("Nobody has replied.", ["us"]),
    ],
)
def test_whom_the_sender_has_asked(read, text, contacted):
    assert read(text)["contacted"] == contacted


@pytest.mark.parametrize(
    "text",
    [
        "En ole vielä soittanut Elenialle.",
        "Zinion tukeen en ole vielä kirjoittanut.",
        "I haven't raised this with Google.",
        "Jag har inte kontaktat utgivaren.",
        "If I have to contact the publisher, please do that for me.",
        "Hej, Helen här från Kyrkslätt.",
        "Pyytäisin teiltä apua.",
    ],
)
def test_whom_he_has_not_asked(read, text):
    assert "contacted" not in read(text)


@pytest.mark.parametrize(
    ("text", "shop"),
    [
        ("Tilaus on tehty suoraan kustantajalta.", "publisher"),
        ("Tilasin lehden suoraan Otavalta.", "publisher"),
        ("Tilaan lehteä App Storen kautta.", "app_store"),
        ("Tilaukset on ostettu Play Kaupasta.", "google_play"),
        ("Ostin tilauksen sovelluksen sisältä.", "app"),
        ("Köpet gjordes i App Store.", "app_store"),
        ("Prenumerationen har jag direkt hos tidningen.", "publisher"),
        ("Köpte prenumerationen inne i appen.", "app"),
        ("I subscribe through the publisher.", "publisher"),
        ("I was billed twice on Google Play.", "google_play"),
        ("I bought it through the App Store.", "app_store"),
        ("I bought the subscription inside the app.", "app"),
    ],
)
def test_where_it_was_bought(read, text, shop):
    assert read(text)["bought_from"] == shop


@pytest.mark.parametrize("text", ["Apple debiterade mig.", "Did I buy it from the App Store?", "En ostanut Applelta."])
def test_a_shop_that_is_only_spoken_of_sold_nothing(read, text):
    assert "bought_from" not in read(text)
