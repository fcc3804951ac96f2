from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.house import House
from hub.tables import Effect, EffectKind, EffectState
from hub.views.remedies import list_remedies


async def given(stage: Any, case: Any, days: int, state: EffectState = EffectState.DONE) -> None:
    at = stage.now - timedelta(days=days)
    row = {"kind": EffectKind.REMEDY, "payload": {"kind": "redeliver"}, "created_at": at, "due_at": at}
    await stage.add(Effect(case_id=case.id, key=f"{case.number}-{days}-{state}", state=state, **row))


async def test_those_that_fit_the_cause_stand_first(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    cause = ("delivered", "no_licence")
    found = await list_remedies(session, case.id, house.playbooks["magazine"], cause, stage.now)
    assert [(r.kind, r.fits, r.by) for r in found] == [("redeliver", True, "automation"), ("extend", False, "owner")]


async def test_a_limit_counts_all_cases_of_the_customer(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    await given(stage, await stage.case(), days=2)
    await given(stage, case, days=1)
    await given(stage, case, days=31)
    await given(stage, case, days=3, state=EffectState.REFUSED)
    [redeliver, _] = await list_remedies(session, case.id, house.playbooks["magazine"], None, stage.now)
    assert (redeliver.used, redeliver.is_used_up) == (2, False)
