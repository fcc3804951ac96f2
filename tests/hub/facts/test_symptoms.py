import pytest


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("Gloria puuttuu Ziniosta.", "missing_issue"),
        ("Uusin numero ei ole ilmestynyt.", "missing_issue"),
        ("Glorian numeroa ei ole kuulunut Kindleen.", "missing_issue"),
        ("Numret syns inte i Readly.", "missing_issue"),
        ("Glorian numero katosi kirjastosta.", "missing_issue"),
        ("This week's Economist hasn't turned up in Zinio.", "missing_issue"),
        ("The May issue of HBR is not in Zinio.", "missing_issue"),
        ("Lehti ei lataudu.", "will_not_download"),
        ("it just spins, the download never starts", "will_not_download"),
        ("Numret går inte att ladda ner.", "will_not_download"),
        ("Sivut ovat ihan valkosia.", "blank_or_broken_content"),
        ("Numero aukeaa, mutta kuvat puuttuvat.", "blank_or_broken_content"),
        ("Sidorna är helt tomma.", "blank_or_broken_content"),
        ("Every page is just grey.", "blank_or_broken_content"),
        ("Sovellus pyytää ostamaan numeron.", "access_denied"),
        ("Numret är låst i Readly.", "access_denied"),
        ("It says I have to buy it.", "access_denied"),
        ("En pääse kirjautumaan Zinioon.", "login_failed"),
        ("Jag kan inte logga in.", "login_failed"),
        ("I can't sign in to Lukulamppu.", "login_failed"),
        ("Maksu on otettu kahteen kertaan.", "charged_twice"),
        ("89 kr drogs två gånger.", "charged_twice"),
        ("I was billed twice.", "charged_twice"),
        ("Peruin tilauksen huhtikuussa. Silti tililtä lähti 2.6. maksu.", "charged_after_cancel"),
        ("Jag sade upp tidningen i juli. Ändå debiterades jag.", "charged_after_cancel"),
        ("I cancelled in March, but on 1 May my card was charged again.", "charged_after_cancel"),
        ("Pakettini on myöhässä.", "late_delivery"),
        ("My parcel is late.", "late_delivery"),
        ("where is my pizza?", "late_delivery"),
        ("Paketti on luovutettu, mutta mitään ei ole tullut.", "not_delivered"),
        ("The parcel was marked as delivered but I never received it.", "not_delivered"),
        ("Tilauksen lamppu oli haljennut.", "damaged"),
        ("Paketet var krossat.", "damaged"),
        ("Sain väärän tuotteen.", "wrong_item"),
        ("I got the wrong size.", "wrong_item"),
        ("Sähköt ovat poikki.", "outage"),
        ("Strömmen gick i går kväll.", "outage"),
        ("We have no power.", "outage"),
        ("Kone antaa virheilmoituksen.", "error_message"),
        ("Jag får ett felmeddelande.", "error_message"),
        ("En voi varata tuntia.", "cannot_book"),
        ("Jag kan inte boka någon kurs.", "cannot_book"),
        ("Kukaan ei ole vastannut.", "no_answer"),
        ("Utgivaren har inte svarat.", "no_answer"),
        ("Nobody has replied.", "no_answer"),
    ],
)
def test_a_failure_is_told_in_many_words(read, text, symptom):
    assert read(text)["symptom"] == [symptom]


@pytest.mark.parametrize(
    "text",
    [
        "Lehti ei puutu.",
        "Jos mua veloitetaan toiseen kertaan niin irtisanon.",
        "The box itself wasn't damaged.",
        "Naapurilla ei sähkökatkoa ole ollut.",
        "Does the issue fail to download?",
        "En enää vastaa roboteille.",
        "Häneltä en ole apua saanut.",
        "Would logging out and in help?",
        "Jag har läst numret.",
        "Toista kuittia en ole saanut.",
    ],
)
def test_what_is_denied_supposed_or_other_is_no_failure(read, text):
    assert "symptom" not in read(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('Ruudulle tulee teksti "Sinulla ei ole oikeutta".', "Sinulla ei ole oikeutta"),
        ("Det står ”Du har inte behörighet att läsa”.", "Du har inte behörighet att läsa"),
        ('The message reads: "Too many attempts".', "Too many attempts"),
        ("Sovellus sanoo 'Tuntematon käyttäjä tunnistettu'.", "Tuntematon käyttäjä tunnistettu"),
    ],
)
def test_an_error_is_what_the_screen_says(read, text, error):
    assert read(text)["error_text"] == [error]


@pytest.mark.parametrize(
    "text",
    [
        'I was told that the issue "has not been delivered to us".',
        'Painoin "Palauta ostokset".',
        'Jag fick höra att "det rör på sig inte alls".',
        'Sovellus näyttää "saapuu 10 min päästä".',
    ],
)
def test_what_people_said_or_a_button_says_is_no_error(read, text):
    assert "error_text" not in read(text)


def test_the_error_says_the_failure_too(read):
    assert read('Ruudulla lukee "Väärä käyttäjätunnus tai salasana".')["symptom"] == ["login_failed"]
