from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.delivery import mapping, wire
from connectors.delivery.mapping import FeedIssue, LicenceLook
from hub.ports import Hints, LinkStatus, OutcomeState

NOW = datetime(2026, 11, 5, 9, tzinfo=UTC)
REF = mapping.to_delivered_ref("user", "hbr/2026-11")
PUBLICATION = wire.Publication(uuid="p")


def row(**more):
    stated = {"ID": 1, "CreatedAt": NOW, "uuid": "l", "user_id": "user", "publication_id": "p", "status": "ready"}
    return wire.License.model_validate({**stated, **more})


def document(status, events=()):
    updated = {"license": NOW, "status": NOW}
    return wire.StatusDocument.model_validate({"id": "l", "status": status, "updated": updated, "events": list(events)})


def look(status, *kinds):
    events = [{"type": kind, "id": "d", "name": "iPad", "timestamp": NOW} for kind in kinds]
    read = document(status, events)
    return LicenceLook(PUBLICATION, row(), read, tuple(read.events or ()))


@pytest.mark.parametrize(
    ("status", "events", "judged"),
    [
        ("ready", (), (LinkStatus.WAITING, "not_opened")),
        ("ready", ("register",), (LinkStatus.OK, "")),
        ("active", ("register",), (LinkStatus.OK, "")),
        ("active", (), (LinkStatus.OK, "")),
        ("expired", ("register",), (LinkStatus.BROKEN, "expired")),
        ("revoked", (), (LinkStatus.BROKEN, "revoked")),
        ("cancelled", (), (LinkStatus.BROKEN, "cancelled")),
        ("returned", ("register", "return"), (LinkStatus.BROKEN, "returned")),
        ("suspended", ("register",), (LinkStatus.UNKNOWN, "unknown_status")),
    ],
)
def test_a_status_word_becomes_a_link_status(status, events, judged):
    seen = mapping.to_delivered(REF, "hbr/2026-11", look(status, *events), NOW)
    assert ((seen.status, seen.reason), seen.partner_status) == (judged, status)


def test_a_search_cut_off_does_not_say_that_there_is_none():
    seen = mapping.to_delivered(REF, "hbr/2026-11", LicenceLook(PUBLICATION, cut_off=True), NOW)
    assert (seen.status, seen.reason) == (LinkStatus.UNKNOWN, "search_cut_off")


def test_it_was_opened_when_the_first_device_registered():
    later = {"type": "register", "id": "e", "name": "Phone", "timestamp": NOW + timedelta(days=1)}
    first = {"type": "register", "id": "d", "name": "iPad", "timestamp": NOW}
    read = document("active", [later, first])
    seen = mapping.to_delivered(REF, "x", LicenceLook(PUBLICATION, row(), read, tuple(read.events or ())), NOW)
    assert seen.since == NOW


@pytest.mark.parametrize(
    ("item", "start"),
    [
        ("hbr/2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
        ("time/2026-W45", datetime(2026, 11, 2, tzinfo=UTC)),
        ("time/2026-W01", datetime(2025, 12, 29, tzinfo=UTC)),
        ("hs/2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("hbr/winter", None),
        ("hbr/2026-13", None),
    ],
)
def test_an_issues_period_begins_with_its_month_week_or_day(item, start):
    assert mapping.find_period_start(item) == start


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True), st.from_regex(r"20\d\d-(W\d\d|\d\d(-\d\d)?)", fullmatch=True))
def test_an_item_survives_its_urn(publication, issue):
    item = f"{publication}/{issue}"
    assert mapping.to_item(["urn:isbn:1", mapping.to_alt_id(item)]) == item


@pytest.mark.parametrize("alt_id", ["", "sample", "urn:x-issue:hbr", "urn:x-issue::2026-11"])
def test_another_identifier_is_no_item(alt_id):
    assert mapping.to_item([alt_id]) is None


def test_the_latest_issue_is_the_last_one_out_by_then():
    issues = [FeedIssue(f"hbr/{n}", "id", NOW + timedelta(days=n), {}) for n in (2, -1, -30)]
    undated = FeedIssue("hbr/x", "id", None, {})
    assert mapping.find_latest([undated, *issues], NOW) == issues[1]


def test_an_issue_dated_ahead_in_the_feed_is_not_due_yet():
    ahead = FeedIssue("hbr/2026-11", "id", NOW + timedelta(hours=1), {})
    ref = mapping.to_published_ref("hbr/2026-11", ahead)
    seen = mapping.to_published(ref, "hbr/2026-11", mapping.to_look("hbr/2026-11", [ahead]), NOW)
    assert (seen.status, seen.reason) == (LinkStatus.WAITING, "not_due")


def test_the_newest_licence_of_the_publication_counts():
    rows = [row(ID=3, publication_id="other"), row(ID=1), row(ID=2), row(ID=9, CreatedAt=NOW - timedelta(days=1))]
    newest = mapping.find_newest(rows, "p")
    assert newest is not None
    assert newest.number == 2


def test_whole_seconds_at_the_server_do_not_hide_what_was_made():
    since = NOW + timedelta(milliseconds=400)
    assert mapping.find_outcome([row()], "p", since).state is OutcomeState.DONE
    assert mapping.find_outcome([row()], "p", since + timedelta(seconds=1)).state is OutcomeState.REFUSED


def test_a_device_more_is_a_new_event_and_the_same_row_is_not():
    events = [mapping.to_event(row(device_count=count), "hbr/2026-11") for count in (1, 1, 2)]
    assert events[0].dedupe_id == events[1].dedupe_id != events[2].dedupe_id


def test_an_event_names_the_holder_and_the_item():
    event = mapping.to_event(row(UpdatedAt=NOW + timedelta(hours=1)), "hbr/2026-11")
    assert event.account is not None
    assert (event.account.holder, event.item, event.at) == ("user", "hbr/2026-11", NOW + timedelta(hours=1))


def test_holders_come_in_the_order_of_the_addresses_and_once():
    hints = Hints(emails=("a@x.example", "A@x.example ", "b@x.example"), at=NOW)
    assert len(mapping.list_holders(hints)) == 2


def test_the_passphrase_is_the_readers_own_and_the_keys():
    hashes = {mapping.to_pass_hash(key, user) for key in ("k", "l") for user in ("u", "v")}
    assert len(hashes) == 4
    assert all(len(bytes.fromhex(each)) == 32 for each in hashes)


def test_a_licence_without_an_end_is_ordered_without_one():
    remedy = mapping.to_redeliver(REF, PUBLICATION)
    order = mapping.to_order(remedy, "ab", "hint", NOW, None)
    assert order == {
        "publication_id": "p",
        "user_id": "user",
        "start": "2026-11-05T09:00:00Z",
        "text_hint": "hint",
        "pass_hash": "ab",
    }


@pytest.mark.parametrize(
    ("status", "end", "most"),
    [("active", 30, 60), ("active", 3, 3), ("active", None, None), ("revoked", 3, 60), ("expired", -1, 60)],
)
def test_a_renewal_that_would_not_help_is_not_offered(status, end, most):
    ends = {"end": end, "max_end": most}
    stated = {name: NOW + timedelta(days=days) for name, days in ends.items() if days is not None}
    read = look(status, "register")
    near = LicenceLook(PUBLICATION, row(**stated), read.document, read.events)
    assert mapping.find_renewal(REF, near, NOW) is None
