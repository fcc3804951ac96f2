from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.sandbox.faults import Fault, Faults
from hub.clock import ShiftedClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock():
    return ShiftedClock(NOON)


@pytest.fixture
def faults(clock):
    return Faults({"delivered": ("broken", "expired")}, clock)


def test_a_fault_for_all_hits_all(faults):
    faults.order(Fault(link="delivered", kind="broken"))
    assert faults.find_link("delivered", "aino@example.net", "hbr/2026-11") == "broken"
    assert faults.find_link("delivered", None, None) == "broken"
    assert faults.find_link("entitled", None, None) is None


@pytest.mark.parametrize(
    ("customer", "item", "kind"),
    [
        ("aino@example.net", "hbr/2026-11", "expired"),
        (" Aino@Example.net ", "hbr/2026-11", "expired"),
        ("eero@example.net", "hbr/2026-11", None),
        ("aino@example.net", "hbr/2026-12", None),
        (None, "hbr/2026-11", None),
    ],
)
def test_a_fault_for_one_hits_only_that_customer_and_item(faults, customer, item, kind):
    faults.order(Fault(link="delivered", kind="expired", customer="AINO@example.net", item="hbr/2026-11"))
    assert faults.find_link("delivered", customer, item) == kind


def test_a_fault_is_over_at_its_end(faults, clock):
    faults.order(Fault(kind="503", until=NOON + MINUTE))
    faults.order(Fault(link="delivered", kind="broken", until=NOON + MINUTE))
    assert faults.take_wire("/")
    assert faults.find_link("delivered", None, None)
    clock.advance(MINUTE)
    assert faults.take_wire("/") is None
    assert faults.find_link("delivered", None, None) is None


def test_an_end_without_its_time_zone_is_refused():
    with pytest.raises(ValidationError):
        Fault(kind="503", until=datetime(2026, 11, 20, 12))  # noqa: DTZ001


def test_a_wire_fault_hits_the_paths_that_it_names(faults):
    faults.order(Fault(kind="500", path="/status/*"))
    assert faults.take_wire("/status/L1").kind == "500"
    assert faults.take_wire("/licenses/L1") is None


def test_a_wire_fault_is_no_link_fault_and_the_other_way_round(faults):
    faults.order(Fault(link="delivered", kind="500"))
    assert faults.find_link("delivered", None, None) is None
    faults.clear()
    faults.order(Fault(link="delivered", kind="broken"))
    assert faults.take_wire("/") is None


def test_a_fault_for_so_many_calls_is_used_up(faults):
    faults.order(Fault(kind="500", times=2))
    assert [bool(faults.take_wire("/")) for _ in range(4)] == [True, True, False, False]
    assert faults.ordered == []


def test_one_fault_is_cleared_or_all(faults):
    first, second, third = (faults.order(Fault(kind=kind)) for kind in ("500", "503", "429"))
    faults.clear(second.id)
    assert faults.ordered == [first, third]
    faults.clear()
    assert faults.ordered == []


def test_the_fault_that_was_ordered_first_wins(faults):
    faults.order(Fault(kind="429"))
    faults.order(Fault(kind="503"))
    assert faults.take_wire("/").kind == "429"
