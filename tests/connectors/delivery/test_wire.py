from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.delivery import wire


def entry(**metadata):
    return {"metadata": {"title": "HBR", **metadata}, "links": []}


def test_unknown_members_are_kept():
    read = wire.Publication.model_validate({"uuid": "p", "flavour": "epub"})
    assert read.model_extra == {"flavour": "epub"}


def test_what_was_received_is_kept_untouched():
    raw = b'{"metadata": {"title": "HBR", "published": "2026-11-02", "x": [1]}, "links": []}'
    read = TypeAdapter(wire.FeedPublication).validate_json(raw)
    assert read.metadata.raw == {"title": "HBR", "published": "2026-11-02", "x": [1]}


def test_a_time_in_nanoseconds_is_read():
    event = wire.LicenseEvent.model_validate({"type": "register", "timestamp": "2026-11-02T03:04:05.123456789Z"})
    assert event.timestamp == datetime(2026, 11, 2, 3, 4, 5, 123456, UTC)


@pytest.mark.parametrize("names", [("id", "name"), ("device_id", "device_name")])
def test_a_device_is_read_under_either_name(names):
    stated = dict(zip(names, ("d1", "iPad"), strict=True))
    event = wire.LicenseEvent.model_validate({"type": "register", "timestamp": "2026-11-02T03:00:00Z", **stated})
    assert (event.device_id, event.device_name) == ("d1", "iPad")


def test_a_date_alone_is_midnight():
    read = wire.FeedPublication.model_validate(entry(published="2026-11-02"))
    assert read.metadata.published == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize("series", ["HBR", {"name": "HBR"}, [{"name": {"en": "HBR"}}], [{"name": "HBR"}, "Other"]])
def test_a_series_is_read_in_any_of_its_forms(series):
    read = wire.FeedPublication.model_validate(entry(belongsTo={"series": series}))
    assert read.metadata.belongs_to.series[0].name == "HBR"


@pytest.mark.parametrize("stated", ["urn:1", ["urn:1"], [{"value": "urn:1", "scheme": "urn:s"}]])
def test_an_alternate_identifier_is_read_in_any_of_its_forms(stated):
    read = wire.FeedPublication.model_validate(entry(altIdentifier=stated))
    assert read.metadata.alt_identifiers == ["urn:1"]


@pytest.mark.parametrize("rel", ["next", ["next", "last"]])
def test_a_relation_is_one_or_many(rel):
    feed = wire.Feed.model_validate(
        {"metadata": {"title": "t"}, "links": [{"href": "/2", "rel": rel}], "publications": []}
    )
    assert feed.find_link("next") == "/2"


def test_a_feed_has_at_least_one_collection():
    with pytest.raises(ValidationError, match="navigation, publications or groups"):
        wire.Feed.model_validate({"metadata": {"title": "t"}, "links": []})
