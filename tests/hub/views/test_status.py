from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.chain import State, Verdict
from hub.house import House
from hub.ports import LinkStatus
from hub.tables import ActorKind, Decision, Direction, ObservationRow, Trace
from hub.views.status import StatusView, get_status_view


async def view(session: AsyncSession, stage: Any, house: House, case: Any) -> StatusView:
    return await get_status_view(session, case.id, house, stage.now)


async def test_it_says_who_owns_the_case_and_what_is_promised(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    await stage.promise(case, hours=4)
    shown = await view(session, stage, house, case)
    assert shown.owner_name == "Aino"
    assert [(p.text, p.is_late) for p in shown.promises] == [("Kerron sinulle.", False)]


async def test_the_steps_are_in_the_customers_language(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    verdict = Verdict(state=State.BROKEN, link="delivered", reason="no_licence", item="hbr/2026-11")
    row = await stage.add(Trace(case_id=case.id, at=stage.now, verdict=verdict.model_dump(mode="json")))
    seen = {"case_id": case.id, "trace_id": row.id, "partner": "delivery", "at": stage.now}
    await stage.add(ObservationRow(link="delivered", status=LinkStatus.BROKEN, **seen))
    shown = await view(session, stage, house, case)
    assert [(s.title, s.status) for s in shown.steps] == [("Toimitettu", "broken")]
    assert shown.sentence.startswith("Lehti Harvard Business Review 2026-11 on julkaistu")


async def test_only_what_was_said_with_the_customer_is_shown(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    await stage.message(case, ActorKind.CUSTOMER, text="Lehti puuttuu")
    await stage.message(case, ActorKind.AUTOMATION, minutes=1, text="Selvitämme", reply="")
    await stage.message(case, ActorKind.PARTNER, minutes=2, party="publisher_desk", text="ask the app")
    await stage.message(case, ActorKind.CUSTOMER, minutes=3, held=True, text="who is this")
    await stage.message(case, ActorKind.PERSON, minutes=4, direction=Direction.INTERNAL, text="note")
    words = (await view(session, stage, house, case)).words
    assert [(w.from_us, w.automatic, w.text) for w in words] == [
        (False, False, "Lehti puuttuu"),
        (True, True, "Selvitämme"),
    ]


async def test_nothing_of_the_inside_gets_out(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    await stage.add(Decision(case_id=case.id, rule="remedy", outcome="x", reason="secret reason", at=stage.now))
    verdict = Verdict(state=State.BROKEN, link="delivered", partner="delivery", reason="no_licence")
    row = await stage.add(Trace(case_id=case.id, at=stage.now, verdict=verdict.model_dump(mode="json")))
    seen = {"case_id": case.id, "trace_id": row.id, "partner": "delivery_inc", "at": stage.now}
    await stage.add(ObservationRow(link="delivered", status=LinkStatus.BROKEN, evidence={"key": "xyz"}, **seen))
    said = (await view(session, stage, house, case)).model_dump_json()
    assert not [w for w in ("aino@luotsi.example", "secret reason", "delivery_inc", "xyz", "no_licence") if w in said]
