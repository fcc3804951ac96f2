import pytest


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("customer_number", "Asiakasnumero 4417 882.", "4417882"),
        ("customer_number", "asiakasnumeroni on j5510x", "J5510X"),
        ("customer_number", "Vårt kundnummer är AS 3301.", "AS3301"),
        ("customer_number", "my customer number is BB-90217", "BB-90217"),
        ("customer_number", "Kundnummer 118-204.", "118-204"),
        ("order_number", "tilaus W8842", ["W8842"]),
        ("order_number", "Tilausnumero kaupasta on A-77120.", ["A-77120"]),
        ("order_number", "tilauksessa 2025-118834 tuli väärä", ["2025-118834"]),
        ("order_number", "numerot: tilausnumerot ovat LL-100482 ja LL-100483", ["LL-100482", "LL-100483"]),
        ("order_number", "kvittot har nummer GPA.3302-9917-0043-11876", ["GPA.3302-9917-0043-11876"]),
        ("order_number", "Order no. ZN-2087731", ["ZN-2087731"]),
        ("order_number", "the order ID is MZ9K2LP41X", ["MZ9K2LP41X"]),
        ("tracking_number", "Pakettini JJFI64321900087654321 seisoo", ["JJFI64321900087654321"]),
        ("tracking_number", "lähetys MH 4420 1188 7731 on kateissa", ["MH442011887731"]),
        ("tracking_number", "paket (JD01 4600 0123 4567 8901)", ["JD014600012345678901"]),
        ("tracking_number", "Tracking number: RR123456785FI", ["RR123456785FI"]),
        ("metering_point", "Käyttöpaikan numero on 3344556.", "3344556"),
        ("metering_point", "Driftsplatsens nummer är 6430 0759 9000 4567 81.", "643007599000456781"),
        ("address", "Osoite on Rantatie 14 B 3, 90100 Oulu", "Rantatie 14 B 3"),
        ("address", "Kuusitie 5 parkano", "Kuusitie 5"),
        ("address", "Aleksis Kiven katu 12 B 40", "Aleksis Kiven katu 12 B 40"),
        ("address", "på Storgatan 21 B, 65100 Vasa", "Storgatan 21 B"),
        ("address", "på Byvägen 112 i går kväll", "Byvägen 112"),
        ("address", "order FD-7719, Kalevankatu 40 A 9. can", "Kalevankatu 40 A 9"),
        ("phone", "Numeroni on 050 765 4321.", "+358507654321"),
        ("phone", "Soittakaa 040-555 0199.", "+358405550199"),
        ("phone", "+44 7700 900123", "+447700900123"),
        ("phone", "Ni når mig på 070-174 06 12 (jag bor i Sverige).", "+46701740612"),
        ("account_email", "Tunnus on Jorma.Vesala@example.com.", "jorma.vesala@example.com"),
        ("account_email", "kontot är robin.s@example.com", "robin.s@example.com"),
        ("account_email", "the subscription is under d.price@example.org", "d.price@example.org"),
    ],
)
def test_a_written_number_is_read_in_normal_form(read, key, text, value):
    assert read(text)[key] == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("order_number", "Laskun viitenumero on 10 28837."),
        ("customer_number", "tiketti on INC0045821"),
        ("account_email", "Reply to me at someone@example.org, please."),
        ("phone", "Käyttöpaikka 643007572001234567."),
        ("address", "Soitin 5 kertaa tilanteesta 14."),
        ("tracking_number", "tilasin paketin 3 päivää sitten"),
    ],
)
def test_other_numbers_are_no_facts(read, key, text):
    assert key not in read(text)


def test_the_phone_of_a_signature_counts_and_its_address_does_not(read):
    found = read("Lehti ei lataudu.\n\nTerveisin\nRiitta Lindroos\nMetsäpolku 8\npuh. (019) 555 014")
    assert (found["phone"], "address" in found) == ("+35819555014", False)


def test_the_number_that_was_called_is_not_the_senders(read):
    assert "phone" not in read("Soitin numeroon 0400 123 456 eilen.")
