import pytest


@pytest.mark.parametrize(
    ("text", "devices"),
    [
        ("Luen iPadilla.", ["ipad"]),
        ("puhelin samsung s22", ["android_phone"]),
        ("Laite on Galaxy Tab A9.", ["android_tablet"]),
        ("Luen Android-tabletilla.", ["android_tablet"]),
        ("Android-puhelin on käytössä", ["android_phone"]),
        ("Puhelin on OnePlus.", ["android_phone"]),
        ("Yritän Safarilla MacBookilla.", ["web", "mac"]),
        ("selaimella yritän", ["web"]),
        ("Jag läser på min mobil (Android).", ["android_phone"]),
        ("I webbläsaren på en Windowsdator.", ["web", "windows"]),
        ("I read it on a Lenovo Android tablet.", ["android_tablet"]),
        ("Rebooted the Kindle.", ["kindle"]),
        ("on my Samsung phone", ["android_phone"]),
    ],
)
def test_the_device_is_named_by_make_or_system(read, text, devices):
    assert read(text)["device"] == devices


@pytest.mark.parametrize(
    "text",
    [
        "I haven't tried my iPhone.",
        "Frugan har inte provat på sin iPad än.",
        "iPadilla toimii hyvin.",
        "Kindlellä ei tätä ongelmaa ole.",
        "If I had an iPhone I would try it.",
        "I phoned Apple.",
    ],
)
def test_a_device_that_is_not_the_failing_one_is_left(read, text):
    assert "device" not in read(text)
