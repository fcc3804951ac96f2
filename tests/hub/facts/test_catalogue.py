import pytest
from pydantic import ValidationError

from hub.facts import parse_catalogue


def test_the_form_of_catalogue_json_is_read():
    catalogue = parse_catalogue({"publications": [{"id": "hbr", "title": "HBR"}], "apps": [{"id": "z", "title": "Z"}]})
    assert catalogue.find_publication("hbr").title == "HBR"


def test_an_unknown_publication_is_none():
    assert parse_catalogue({}).find_publication("hbr") is None


def test_a_row_without_an_id_is_refused():
    with pytest.raises(ValidationError):
        parse_catalogue({"publications": [{"title": "HBR"}]})


def test_equal_catalogues_are_compiled_once():
    rows = {"apps": [{"id": "z", "title": "Zinio"}]}
    assert hash(parse_catalogue(rows)) == hash(parse_catalogue(rows))
