import pytest


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("Lehti ei lataudu. Alkoi eilen.", "2026-11-17"),
        ("VPN ei toimi perjantaista lähtien.", "2026-11-13"),
        ("KP ei oo auennu, kirjautuminen ei onnistu keskiviikosta lähtien.", "2026-11-11"),
        ("Glorian numero katosi viime viikon tiistaina.", "2026-11-10"),
        ("Sähköt lähtivät eilen illalla eivätkä ole palanneet.", "2026-11-17"),
        ("Heinäkuussa maksu on otettu kahteen kertaan.", "2026-07"),
        ("Den 8 november drogs 89 kr två gånger.", "2026-11-08"),
        ("Numret går inte att ladda ner sedan i fredags.", "2026-11-13"),
        ("I can't log in since Monday.", "2026-11-16"),
        ("It started on 3 November.", "2026-11-03"),
        ("On 15 June I was billed twice.", "2026-06-15"),
    ],
)
def test_since_is_when_this_failure_began(read, text, since):
    assert read(text)["since"] == since


@pytest.mark.parametrize(
    "text",
    [
        "Lehti julkaistiin eilen.",
        "Peruin tilauksen maanantaina.",
        "I called you on Monday.",
        "Nobody has replied since Tuesday.",
        "Jos vika alkoi eilen, kertokaa.",
    ],
)
def test_other_days_are_not_since(read, text):
    assert "since" not in read(text)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("Lehti ei lataudu. Täsmälleen sama vika oli syyskuussa.", "2026-09"),
        ("Viimeksi näin kävi kesäkuussa.", "2026-06"),
        ("Samma sak hände i oktober.", "2026-10"),
        ("The same thing happened in March.", "2026-03"),
        ("Glorian numero puuttuu taas.", "yes"),
        ("Strömavbrott igen.", "yes"),
        ("Numret saknas, tredje gången det händer.", "yes"),
        ("This has happened before.", "yes"),
        ("Tämä sama oli kyllä keväälläki.", "yes"),
    ],
)
def test_happened_before_is_the_last_earlier_time(read, text, before):
    assert read(text)["happened_before"] == before


@pytest.mark.parametrize(
    "text",
    [
        "Hej igen!",
        "Käynnistin koneen taas.",
        "Det har aldrig hänt förut.",
        "Second time writing a long mail like this in my life.",
        "My card was charged again.",
    ],
)
def test_other_repeats_are_not_this_failure(read, text):
    assert "happened_before" not in read(text)


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("Paketin on oltava perillä 23.12. mennessä.", "2026-12-23"),
        ("Asia pitää hoitaa viimeistään perjantaina.", "2026-11-20"),
        ("Tämän pitää olla kunnossa vielä tänään.", "2026-11-18"),
        ("Det måste vara löst senast den 30 november.", "2026-11-30"),
        ("Rapporten ska in senast i morgon.", "2026-11-19"),
        ("I need it by Friday, 27 November.", "2026-11-27"),
        ("Please refund it by 30 November.", "2026-11-30"),
    ],
)
def test_a_deadline_is_stated(read, text, deadline):
    assert read(text)["deadline"] == deadline


@pytest.mark.parametrize("text", ["Lähden matkalle perjantaina.", "The parcel was due by 3 November.", "Asap, please."])
def test_no_deadline_without_a_stated_one(read, text):
    assert "deadline" not in read(text)
