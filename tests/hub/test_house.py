import pytest

from hub.house import House


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("hbr/2026-11", "Harvard Business Review 2026-11"),
        ("hbr", "Harvard Business Review"),
        ("unheard/2026-11", "unheard 2026-11"),
        (None, ""),
    ],
)
def test_an_item_is_called_what_people_call_it(house: House, item: str | None, name: str) -> None:
    assert house.to_item_name(item) == name


def test_titles_are_of_publications_and_apps(house: House) -> None:
    assert (house.titles["hbl"], house.titles["zinio"]) == ("Hufvudstadsbladet", "Zinio")
