from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from hub.chain import State, Verdict
from hub.errors import NotFound
from hub.house import House
from hub.ports import LinkStatus
from hub.tables import (
    ActorKind,
    Decision,
    Effect,
    EffectKind,
    EffectState,
    Fact,
    FactSource,
    Failure,
    ObservationRow,
    Problem,
    Trace,
)
from hub.views.case import get_case_view
from hub.views.case_values import CaseView

BROKEN = Verdict(state=State.BROKEN, link="delivered", partner="delivery", reason="no_licence", item="hbr/2026-11")


async def view(session: AsyncSession, stage: Any, house: House, case: Any) -> CaseView:
    return await get_case_view(session, case.number, house, stage.now)


async def trace(stage: Any, case: Any) -> None:
    row = await stage.add(
        Trace(case_id=case.id, at=stage.now, item=BROKEN.item, verdict=BROKEN.model_dump(mode="json"))
    )
    seen = {"case_id": case.id, "trace_id": row.id, "partner": "delivery", "at": stage.now}
    await stage.add(ObservationRow(link="delivered", status=LinkStatus.BROKEN, evidence={"licence": None}, **seen))
    await stage.add(ObservationRow(link="published", status=LinkStatus.OK, **seen))


async def test_an_unknown_number_is_not_found(session: AsyncSession, stage: Any, house: House) -> None:
    with pytest.raises(NotFound):
        await get_case_view(session, 1, house, stage.now)


async def test_a_new_case_has_its_owner_and_customer(session: AsyncSession, stage: Any, house: House) -> None:
    shown = await view(session, stage, house, await stage.case())
    assert (shown.owner.name, shown.owner.present, shown.status) == ("Aino", True, "open")
    assert shown.customer.addresses == ("matti@example.com",)
    assert shown.trace is None
    assert [entry.kind for entry in shown.entries] == ["opened", "owner"]


async def test_the_links_stand_in_the_chains_order(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    await trace(stage, case)
    shown = (await view(session, stage, house, case)).trace
    assert shown is not None
    assert [(link.id, link.status) for link in shown.links] == [
        ("published", "ok"),
        ("entitled", "not_asked"),
        ("delivered", "broken"),
    ]
    assert shown.links[2].evidence == {"licence": None}


async def test_the_verdict_is_said_in_each_language(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    await trace(stage, case)
    shown = (await view(session, stage, house, case)).trace
    assert shown is not None
    assert shown.verdict == BROKEN
    assert shown.sentence.fi.startswith("Lehti Harvard Business Review 2026-11 on julkaistu")
    assert shown.sentence.en.startswith("Harvard Business Review 2026-11 has been published")


async def test_a_fact_shows_its_source_and_whether_it_holds(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    message = await stage.message(case, ActorKind.CUSTOMER)
    told = {"key": "since", "at": stage.now, "source": FactSource.MESSAGE, "message_id": message.id}
    await stage.add(Fact(case_id=case.id, value="2026-10", superseded_at=stage.now, **told))
    await stage.add(Fact(case_id=case.id, value="2026-11", start=3, end=9, quote="marras", **told))
    facts = (await view(session, stage, house, case)).facts
    assert [(f.value, f.superseded, f.message_id) for f in facts] == [
        ("2026-10", True, message.id),
        ("2026-11", False, message.id),
    ]
    assert (facts[1].start, facts[1].end, facts[1].quote) == (3, 9, "marras")


async def test_a_promise_past_its_time_is_late(session: AsyncSession, stage: Any, house: House) -> None:
    case = await stage.case()
    await stage.promise(case, hours=-1)
    [promise] = (await view(session, stage, house, case)).promises
    assert promise.is_late
    assert promise.keeper == "Aino"


async def test_every_message_is_there_with_its_attachments_names(
    session: AsyncSession, stage: Any, house: House
) -> None:
    case = await stage.case()
    await stage.message(case, ActorKind.PERSON, minutes=2, party="publisher_desk")
    await stage.message(case, ActorKind.CUSTOMER, minutes=1, held=True, attachments=[{"name": "kuva.png"}])
    messages = (await view(session, stage, house, case)).messages
    assert [(m.party, m.held, m.attachments) for m in messages] == [
        ("customer", True, ("kuva.png",)),
        ("publisher_desk", False, ()),
    ]


async def test_an_earlier_case_tells_what_broke_and_how_it_ended(
    session: AsyncSession, stage: Any, house: House
) -> None:
    old = await stage.case("Syyskuu", opened_at=stage.now - timedelta(days=60), solved_at=stage.now)
    told = {"customer_id": old.customer_id, "partner": "delivery", "link": "delivered", "reason": "no_licence"}
    await stage.add(Failure(case_id=old.id, at=old.opened_at, **told))
    times = {"created_at": stage.now, "due_at": stage.now, "payload": {"kind": "redeliver"}}
    await stage.add(Effect(case_id=old.id, kind=EffectKind.REMEDY, key="r", state=EffectState.DONE, **times))
    [earlier] = (await view(session, stage, house, await stage.case())).earlier_cases
    assert (earlier.number, earlier.link, earlier.reason) == (old.number, "delivered", "no_licence")
    assert (earlier.remedies, earlier.owner_name) == (("redeliver",), "Aino")


async def test_decisions_and_the_problem_are_beside_it(session: AsyncSession, stage: Any, house: House) -> None:
    cause = {"partner": "delivery", "link": "delivered", "reason": "no_licence", "opened_at": stage.now}
    problem = await stage.add(Problem(owner_id=stage.owner.id, **cause))
    case = await stage.case(problem_id=problem.id)
    await stage.add(Decision(case_id=case.id, rule="remedy", outcome="redeliver", reason="no licence", at=stage.now))
    shown = await view(session, stage, house, case)
    assert shown.problem is not None
    assert shown.problem.number == problem.number
    assert [(d.rule, d.verdict) for d in shown.decisions] == [("remedy", None)]
