import pytest


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("Suljin sovelluksen ja avasin sen uudelleen.", "restarted_app"),
        ("Har stängt appen och öppnat den igen.", "restarted_app"),
        ("Force-quitting the app made no difference.", "restarted_app"),
        ("Poistin sovelluksen ja latasin uudestaan.", "reinstalled_app"),
        ("Jag har installerat om appen.", "reinstalled_app"),
        ("Uninstalled and reinstalled.", "reinstalled_app"),
        ("Päivitin sovelluksen.", "updated_app"),
        ("Jag har uppdaterat appen.", "updated_app"),
        ("I updated the app.", "updated_app"),
        ("Kirjauduin ulos ja sisään.", "logged_out_and_in"),
        ("Har loggat ut och in.", "logged_out_and_in"),
        ("Signed out and back in.", "logged_out_and_in"),
        ("Uusi kirjautuminen ei auttanut.", "logged_out_and_in"),
        ("Kone on käynnistetty uuestaan.", "restarted_device"),
        ("Har startat om telefonen.", "restarted_device"),
        ("Restarting the tablet didn't help.", "restarted_device"),
        ("Kokeilin myös toisella koneella.", "other_device"),
        ("Har provat på en kollegas dator.", "other_device"),
        ("I tried it on another phone.", "other_device"),
        ("Tyhjensin selaimen välimuistin.", "cleared_cache"),
        ("Har rensat cachen.", "cleared_cache"),
        ("Cleared the cache.", "cleared_cache"),
        ("Sähköpostiosoitteen tarkistin.", "checked_email"),
        ("I double-checked the e-mail.", "checked_email"),
        ("Prenumerationen är aktiv, jag kontrollerade.", "checked_subscription"),
        ("My subscription is valid, I checked.", "checked_subscription"),
        ("Netti toimii.", "checked_network"),
        ("Jag har kontrollerat att wifi fungerar.", "checked_network"),
        ("Wi-Fi is fine.", "checked_network"),
        ("Palautin ostokset.", "restored_purchases"),
        ("Restore purchases did nothing.", "restored_purchases"),
        ("vaihoin salasanan", "changed_password"),
        ("Har bytt lösenord.", "changed_password"),
        ("I've reset my password.", "changed_password"),
        ("Sulakkeet on tarkistettu.", "checked_fuses"),
        ("Säkringarna är kontrollerade.", "checked_fuses"),
        ("I've checked the fuse box.", "checked_fuses"),
        ("Odotin kolme päivää.", "waited"),
        ("I left it overnight.", "waited"),
    ],
)
def test_a_step_is_told_in_many_words(read, text, step):
    assert read(text)["steps_tried"] == [step]


@pytest.mark.parametrize(
    "text",
    [
        "En ole poistanut sovellusta enkä kirjautunut ulos.",
        "En ole uskaltanut poistaa sovellusta ja asentaa uudelleen.",
        "Pitäisikö minun tyhjentää välimuisti?",
        "Would restarting the phone help?",
        "I haven't cleared the cache.",
        "Jag har inte installerat om appen.",
        "Om jag måste installera om appen gör jag det.",
        "They told me to restart the phone.",
        "Salasanaa en oo vaihtanut.",
        "Postin chatissa neuvottiin odottamaan.",
    ],
)
def test_what_was_not_done_is_no_step(read, text):
    assert "steps_tried" not in read(text)


def test_app_and_device_restarted_at_once(read):
    steps = read("Har startat om både appen och telefonen.")["steps_tried"]
    assert set(steps) == {"restarted_app", "restarted_device"}


def test_the_same_failure_on_two_devices_is_another_device_tried(read):
    found = read("Kokeilin ensin iPhonella ja sitten iPadilla, sama ostoruutu molemmissa.")
    assert (found["device"], found["steps_tried"]) == (["iphone", "ipad"], ["other_device"])
