from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.delivery_licences import (
    Device,
    Licence,
    Problem,
    find_status,
    give_back,
    open_by_app,
    register,
    renew,
    revoke,
)

NOW = datetime(2026, 11, 5, 9, tzinfo=UTC)
TABLET, PHONE = Device(id="t", name="Tablet"), Device(id="p", name="Phone")


def licence(status="ready", **more):
    stated = {"end": NOW + timedelta(days=10), "max_end": NOW + timedelta(days=40), **more}
    return Licence(
        number=1,
        id="l",
        user="u",
        publication="p",
        item="hbr/2026-11",
        issued_at=NOW,
        status=status,
        device=TABLET,
        **stated,
    )


def opened(**more):
    one = licence(**more)
    register(one, TABLET, NOW)
    return one


def test_the_first_register_makes_a_ready_licence_active():
    one = opened()
    assert (one.status, one.device_count, one.status_updated_at) == ("active", 1, NOW)


def test_the_same_device_registers_once():
    one = opened()
    register(one, TABLET, NOW + timedelta(hours=1))
    assert (one.device_count, one.status_updated_at) == (1, NOW)


def test_another_device_is_counted():
    one = opened()
    register(one, PHONE, NOW)
    assert one.device_count == 2


@pytest.mark.parametrize("status", ["revoked", "returned", "cancelled"])
def test_an_ended_licence_takes_no_device(status):
    with pytest.raises(Problem) as refused:
        register(licence(status), TABLET, NOW)
    assert refused.value.body["type"].endswith("/error/registration")


@pytest.mark.parametrize(("asked", "given"), [(5, 5), (40, 40), (400, 40)])
def test_a_renewal_is_cut_down_to_what_is_allowed(asked, given):
    one = opened()
    renew(one, TABLET, NOW + timedelta(days=asked), NOW)
    assert one.end == NOW + timedelta(days=given)
    assert [event.type for event in one.events] == ["register", "renew"]


def test_a_renewal_without_an_end_is_a_week_from_now():
    one = opened()
    renew(one, TABLET, None, NOW)
    assert one.end == NOW + timedelta(days=7)


@pytest.mark.parametrize("act", ["renew", "return"])
@pytest.mark.parametrize(
    ("one", "device", "words"),
    [
        (licence(), TABLET, "not active"),
        (opened(), PHONE, "not registered"),
        (opened(end=None), TABLET, "no end"),
        (opened(end=NOW - timedelta(days=1)), TABLET, "expired on 2026-11-04"),
    ],
)
def test_what_may_not_be_renewed_or_returned_is_told(act, one, device, words):
    with pytest.raises(Problem, match=words) as refused:
        renew(one, device, None, NOW) if act == "renew" else give_back(one, device, NOW)
    assert (refused.value.http_status, refused.value.body["type"].rsplit("/", 1)[1]) == (400, act)


def test_a_returned_licence_ends_now():
    one = opened()
    give_back(one, TABLET, NOW)
    assert (one.status, one.end, one.events[-1].type) == ("returned", NOW, "return")


@pytest.mark.parametrize(
    ("one", "status", "event"), [(licence(), "cancelled", "cancel"), (opened(), "revoked", "revoke")]
)
def test_revoking_cancels_what_was_never_opened(one, status, event):
    revoke(one, NOW)
    assert (one.status, one.end, one.events[-1].type) == (status, NOW, event)


def test_revoking_twice_does_nothing_more():
    one = opened()
    revoke(one, NOW)
    before = one.model_copy(deep=True)
    revoke(one, NOW + timedelta(days=1))
    assert one == before


@pytest.mark.parametrize(("status", "word"), [("ready", "expired"), ("active", "expired"), ("revoked", "revoked")])
def test_only_an_open_licence_expires(status, word):
    assert find_status(licence(status, end=NOW - timedelta(seconds=1)), NOW) == word


def test_the_app_opens_when_its_time_has_come_and_once():
    one = licence(opens_at=NOW + timedelta(minutes=5))
    open_by_app(one, NOW)
    assert one.status == "ready"
    open_by_app(one, NOW + timedelta(hours=1))
    assert (one.status, one.events[0].timestamp, one.opens_at) == ("active", NOW + timedelta(minutes=5), None)


def test_the_app_opens_nothing_that_was_revoked():
    one = licence(opens_at=NOW + timedelta(minutes=5))
    revoke(one, NOW)
    open_by_app(one, NOW + timedelta(hours=1))
    assert one.status == "cancelled"
