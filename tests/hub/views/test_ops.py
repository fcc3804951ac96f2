from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.tables import (
    Decision,
    Effect,
    EffectKind,
    EffectState,
    PartnerEvent,
    PartnerState,
    RawMail,
    Stop,
    WorkKind,
)
from hub.views.ops import get_ops_view
from hub.work import claim_work, plan_work


async def effect(stage: Any, key: str, state: EffectState, **changes: Any) -> None:
    case = await stage.case(key)
    times = {"created_at": stage.now - timedelta(hours=1), "due_at": stage.now}
    await stage.add(Effect(case_id=case.id, kind=EffectKind.REMEDY, key=key, state=state, **times | changes))


async def test_work_is_counted_as_waiting_due_and_late(session: AsyncSession, stage: Any) -> None:
    for subject, minutes in enumerate([-5, 0, 5]):
        await plan_work(session, WorkKind.TRACE, subject, stage.now + timedelta(minutes=minutes), now=stage.now)
    [work] = (await get_ops_view(session, stage.now)).work
    assert (work.kind, work.waiting, work.due, work.late) == ("trace", 3, 2, 1)


async def test_work_in_hand_is_not_late(session: AsyncSession, stage: Any) -> None:
    await plan_work(session, WorkKind.TRACE, 1, stage.now - timedelta(minutes=5), now=stage.now)
    await claim_work(session, stage.now)
    [work] = (await get_ops_view(session, stage.now)).work
    assert work.late == 0


async def test_the_outbox_is_counted_by_state(session: AsyncSession, stage: Any) -> None:
    await effect(stage, "a", EffectState.DONE)
    await effect(stage, "b", EffectState.UNKNOWN)
    counts = (await get_ops_view(session, stage.now)).effects
    assert (counts[EffectState.DONE], counts[EffectState.UNKNOWN], counts[EffectState.PLANNED]) == (1, 1, 0)


async def test_unknown_and_long_tried_effects_are_stuck(session: AsyncSession, stage: Any) -> None:
    await effect(stage, "unknown", EffectState.UNKNOWN)
    await effect(stage, "tried for long", EffectState.PLANNED, attempts=4)
    await effect(stage, "new", EffectState.PLANNED, attempts=1, created_at=stage.now)
    await effect(stage, "done", EffectState.DONE, attempts=1)
    assert [e.key for e in (await get_ops_view(session, stage.now)).stuck_effects] == ["unknown", "tried for long"]


async def test_a_partner_that_is_down_says_since_when(session: AsyncSession, stage: Any) -> None:
    await stage.add(PartnerState(partner="delivery", down_since=stage.now, trouble="no answer"))
    await stage.add(PartnerEvent(partner="delivery", dedupe_id="1", received_at=stage.now))
    [partner] = (await get_ops_view(session, stage.now)).partners
    assert (partner.is_down, partner.down_since, partner.unhandled_events) == (True, stage.now, 1)


async def test_mail_that_nobody_could_handle_is_shown(session: AsyncSession, stage: Any) -> None:
    given = {"channel": "smtp", "content": b"", "recipients": []}
    await stage.add(RawMail(sender="old", received_at=stage.now - timedelta(hours=1), **given))
    await stage.add(RawMail(sender="broken", received_at=stage.now, trouble="no charset", **given))
    await stage.add(RawMail(sender="just in", received_at=stage.now, **given))
    assert [m.sender for m in (await get_ops_view(session, stage.now)).unhandled_mail] == ["old", "broken"]


async def test_standing_stops_and_the_days_decisions_are_shown(session: AsyncSession, stage: Any) -> None:
    by = {"stopped_at": stage.now, "stopped_by": stage.owner.id}
    await stage.add(Stop(rule="remedy", why="errs", **by))
    await stage.add(Stop(why="lifted", lifted_at=stage.now, **by))
    await stage.add(Decision(rule="new", outcome="", reason="", at=stage.now))
    await stage.add(Decision(rule="old", outcome="", reason="", at=stage.now - timedelta(days=2)))
    ops = await get_ops_view(session, stage.now)
    assert [(s.rule, s.why, s.stopped_by) for s in ops.stops] == [("remedy", "errs", "Aino")]
    assert [d.rule for d in ops.decisions] == ["new"]
