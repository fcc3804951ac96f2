from datetime import datetime
from typing import Any

from api.pages.machine import list_troubles
from hub.tables import EffectKind, EffectState, WorkKind
from hub.views.ops import OpsView, PartnerHealth, StopView, StuckEffect, WorkCount

LISTS = ("work", "troubled_work", "stuck_effects", "partners", "unhandled_mail", "stops", "decisions")


def ops(now: datetime, **more: Any) -> OpsView:
    return OpsView(**{"at": now, "effects": {}, **dict.fromkeys(LISTS, ()), **more})


def test_nothing_is_said_when_all_is_well(now: datetime) -> None:
    well = PartnerHealth(
        partner="delivery", is_down=False, down_since=None, ok_at=now, polled_at=now, trouble="", unhandled_events=0
    )
    assert list_troubles(ops(now, partners=(well,))) == ()


def test_what_presses_most_is_said_first(now: datetime) -> None:
    stop = StopView(id=1, rule=None, why="errs", stopped_at=now, stopped_by="Aino")
    late = WorkCount(kind=WorkKind.TRACE, waiting=3, due=3, late=2)
    unknown = StuckEffect(
        id=1,
        kind=EffectKind.REMEDY,
        key="k",
        state=EffectState.UNKNOWN,
        party="delivery",
        case_number=1,
        created_at=now,
        attempts=3,
        trouble="cut",
    )
    assert list_troubles(ops(now, work=(late,), stops=(stop,), stuck_effects=(unknown,))) == (
        "All automation is stopped",
        "1 effect has an unknown outcome",
        "2 pieces of work are late",
    )


def test_a_stopped_rule_is_no_trouble_of_the_machine(now: datetime) -> None:
    stop = StopView(id=1, rule="remedy", why="errs", stopped_at=now, stopped_by="Aino")
    assert list_troubles(ops(now, stops=(stop,))) == ()
