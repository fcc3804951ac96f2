from datetime import datetime

import pytest


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("Marraskuun HBR puuttuu.", "2026-11"),
        ("Gloria, lokakuun numero, ei aukea.", "2026-10"),
        ("Kotilieden numero 9 puuttuu.", "2026-09"),
        ("Kotilieden numero 9/2025 puuttuu.", "2025-09"),
        ("Seuran numero 40 ei lataudu.", "2026-W40"),
        ("Viikon 46 numeroa ei näy.", "2026-W46"),
        ("Tämän viikon Seura puuttuu.", "2026-W47"),
        ("Viime viikon Economist puuttuu.", "2026-W46"),
        ("Joulukuun Gloria puuttuu jo.", "2026-12"),
        ("Tammikuun Gloria puuttuu jo.", "2027-01"),
        ("Helmikuun Gloria puuttuu.", "2026-02"),
        ("Oktobernumret av Populär Historia saknas.", "2026-10"),
        ("Veckans Fokus saknas.", "2026-W47"),
        ("Fokus nr 44 saknas.", "2026-W44"),
        ("Förra veckans Fokus saknas.", "2026-W46"),
        ("The May issue of HBR is missing.", "2026-05"),
        ("HBR, the issue for May, is missing.", "2026-05"),
        ("This week's Economist is missing.", "2026-W47"),
        ("Last week's Guardian Weekly is missing.", "2026-W46"),
        ("TIME issue 9 won't download.", "2026-W09"),
        ("The Economist no. 45 is missing.", "2026-W45"),
    ],
)
def test_an_issue_is_named_by_month_week_or_number(read, text, issue):
    assert read(text)["issue"] == [issue]


@pytest.mark.parametrize(
    ("text", "issue"),
    [
        ("Kauppalehti 16.11. puuttuu.", "2026-11-16"),
        ("Eilisen Hesari puuttuu.", "2026-11-17"),
        ("Päivän Kauppalehti puuttuu.", "2026-11-18"),
        ("Tämän aamun Hesari ei lataudu.", "2026-11-18"),
        ("Gårdagens Husis saknas.", "2026-11-17"),
        ("Husis från i lördags saknas.", "2026-11-14"),
        ("DN för den 16 november saknas.", "2026-11-16"),
        ("Hesari is fine but this morning's paper isn't in PressReader.", "2026-11-18"),
    ],
)
def test_an_issue_of_a_daily_is_named_by_its_day(read, text, issue):
    assert read(text)["issue"] == [issue]


@pytest.mark.parametrize(
    "text",
    [
        "Peruin Glorian tilauksen huhtikuussa.",
        "Seura puuttuu. Soitin numeroon 40.",
        "I cancelled Fortune in January.",
        "Tämän viikon Seurasta en sano mitään.",
        "Marraskuun Gloria tuli ihan ajallaan.",
        "If the May issue of HBR were missing I would tell you.",
    ],
)
def test_a_month_or_number_that_names_no_failing_issue_is_left(read, text):
    assert "issue" not in read(text)


def test_the_week_is_that_of_the_senders_own_time_zone(read):
    sunday_night = datetime.fromisoformat("2026-11-15T23:30:00-05:00")
    assert read("This week's Economist is missing.", sent_at=sunday_night)["issue"] == ["2026-W46"]


def test_december_is_last_years_in_january(read):
    january = datetime.fromisoformat("2026-01-03T14:40:00+02:00")
    assert read("Joulukuun Gloria puuttuu.", sent_at=january)["issue"] == ["2025-12"]


def test_several_issues_in_one_message(read):
    found = read("Kauppalehti 16.11. puuttuu, samoin Kauppalehti 17.11.")
    assert found["issue"] == ["2026-11-16", "2026-11-17"]


def test_a_number_of_a_list_is_no_number_of_an_issue(read):
    assert read("The August Fortune is missing. Number 1 has happened before.")["issue"] == ["2026-08"]
