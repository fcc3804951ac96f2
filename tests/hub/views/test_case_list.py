from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from hub.chain import NO_ITEM, State, Verdict
from hub.tables import ActorKind, Fact, FactSource, ObservationRow, Trace
from hub.timeline import AUTOMATION as AUTOMATION_ENTRY
from hub.timeline import record_entry
from hub.views.case_list import CaseFilter, list_cases
from hub.views.values import CaseStatus

CUSTOMER, PERSON, AUTOMATION = ActorKind.CUSTOMER, ActorKind.PERSON, ActorKind.AUTOMATION


async def subjects(session: AsyncSession, **wanted: Any) -> list[str]:
    return [row.subject for row in await list_cases(session, CaseFilter(**wanted))]


async def test_what_needs_its_owner_first_stands_first(session: AsyncSession, stage: Any) -> None:
    await stage.case("oldest", opened_at=stage.now - timedelta(days=9))
    await stage.message(await stage.case("waits for a reply"), CUSTOMER)
    await stage.promise(await stage.case("promised for later"), hours=9)
    await stage.promise(await stage.case("promised soon"), hours=2)
    await stage.promise(await stage.case("promise broken"), hours=-1, broken=True)
    await stage.case("solved", solved_at=stage.now)
    assert await subjects(session) == [
        "promise broken",
        "promised soon",
        "promised for later",
        "waits for a reply",
        "oldest",
        "solved",
    ]


async def test_a_broken_promise_counts_until_a_person_has_written(session: AsyncSession, stage: Any) -> None:
    case = await stage.case()
    await stage.promise(case, hours=-1, broken=True)
    await stage.message(case, AUTOMATION, minutes=1)
    assert (await list_cases(session, CaseFilter()))[0].promise_broken
    await stage.message(case, PERSON, minutes=2)
    assert not (await list_cases(session, CaseFilter()))[0].promise_broken


@pytest.mark.parametrize(
    ("last", "awaits"),
    [(CUSTOMER, True), (PERSON, False), (AUTOMATION, True)],
)
async def test_only_a_persons_word_is_a_reply(session: AsyncSession, stage: Any, last: ActorKind, awaits: bool) -> None:
    case = await stage.case()
    await stage.message(case, CUSTOMER)
    await stage.message(case, last, minutes=1)
    assert (await list_cases(session, CaseFilter()))[0].awaits_reply is awaits


async def test_a_word_to_a_partner_is_no_reply_to_the_customer(session: AsyncSession, stage: Any) -> None:
    case = await stage.case()
    await stage.message(case, CUSTOMER)
    await stage.message(case, PERSON, minutes=1, party="publisher_desk")
    assert (await list_cases(session, CaseFilter()))[0].awaits_reply


async def test_status_parts_open_from_solved(session: AsyncSession, stage: Any) -> None:
    await stage.case("open")
    await stage.case("solved", solved_at=stage.now)
    assert await subjects(session, status=CaseStatus.OPEN) == ["open"]
    assert await subjects(session, status=CaseStatus.SOLVED) == ["solved"]


@pytest.mark.parametrize("customer", ["LIISA@example.com", "meikä"])
async def test_a_customer_is_found_by_address_or_name(session: AsyncSession, stage: Any, customer: str) -> None:
    await stage.case("Liisan", address="liisa@example.com")
    assert await subjects(session, customer=customer) == ["Liisan"]
    assert await subjects(session, customer="liis") == []


@pytest.mark.parametrize("q", ["hbr/2026-11", "PUUTTUU", "ei näy", "matti@example.com"])
async def test_words_are_looked_for_wherever_they_stand(session: AsyncSession, stage: Any, q: str) -> None:
    case = await stage.case("Lehti puuttuu")
    await stage.case("Toinen", address="liisa@example.com")
    await stage.message(case, CUSTOMER, text="Se ei näy sovelluksessa 100%")
    told = {"key": "publication", "value": "hbr/2026-11", "source": FactSource.PERSON, "at": stage.now}
    await stage.add(Fact(case_id=case.id, **told))
    assert await subjects(session, q=q) == ["Lehti puuttuu"]


async def test_a_number_finds_its_case(session: AsyncSession, stage: Any) -> None:
    case = await stage.case("this")
    await stage.case("other")
    assert await subjects(session, q=f"#{case.number}") == ["this"]


async def test_a_wildcard_is_only_a_letter(session: AsyncSession, stage: Any) -> None:
    await stage.case("plain")
    await stage.case("100% off")
    assert await subjects(session, q="%") == ["100% off"]


async def test_pages_follow_each_other_without_gap_or_overlap(session: AsyncSession, stage: Any) -> None:
    for hour in range(5):
        await stage.promise(await stage.case(f"due in {hour}"), hours=hour)
    first = await list_cases(session, CaseFilter(limit=3))
    rest = await list_cases(session, CaseFilter(limit=3, after=first[-1].number))
    assert [row.subject for row in [*first, *rest]] == [f"due in {hour}" for hour in range(5)]


async def test_the_newest_verdict_is_shown(session: AsyncSession, stage: Any) -> None:
    case = await stage.case()
    for state in (State.UNKNOWN, State.WHOLE):
        await stage.add(Trace(case_id=case.id, at=stage.now, verdict=Verdict(state=state).model_dump(mode="json")))
    [row] = await list_cases(session, CaseFilter())
    assert row.verdict == Verdict(state=State.WHOLE)


async def test_only_the_owners_cases(session: AsyncSession, stage: Any) -> None:
    await stage.case("mine")
    assert await subjects(session, owner_id=stage.owner.id) == ["mine"]
    assert await subjects(session, owner_id=stage.owner.id + 1) == []


async def test_a_row_tells_who_wrote_last_and_why_the_owner_is_called(session: AsyncSession, stage: Any) -> None:
    case = await stage.case()
    await stage.message(case, CUSTOMER)
    await stage.message(case, AUTOMATION, minutes=1)
    await stage.message(case, ActorKind.PARTNER, minutes=2, direction="inbound", party="publisher_desk")
    await record_entry(session, case.id, AUTOMATION_ENTRY, "call", "recurred", now=stage.now)
    [row] = await list_cases(session, CaseFilter())
    minutes = [(at - stage.now).seconds // 60 for at in (row.customer_wrote_at, row.we_wrote_at, row.partner_wrote_at)]
    assert minutes == [0, 1, 2]
    assert row.call == "recurred"


async def test_a_call_is_answered_by_a_persons_word(session: AsyncSession, stage: Any) -> None:
    case = await stage.case()
    await record_entry(session, case.id, AUTOMATION_ENTRY, "call", "recurred", now=stage.now)
    await stage.message(case, PERSON, minutes=1)
    assert (await list_cases(session, CaseFilter()))[0].call == ""


async def test_a_row_has_its_links_as_the_newest_trace_saw_them(session: AsyncSession, stage: Any) -> None:
    case = await stage.case()
    for status in ("unknown", "ok"):
        trace = await stage.add(Trace(case_id=case.id, at=stage.now, verdict=NO_ITEM.model_dump(mode="json")))
        seen = {"case_id": case.id, "trace_id": trace.id, "partner": "delivery", "at": stage.now}
        await stage.add(ObservationRow(link="published", status=status, **seen))
    assert (await list_cases(session, CaseFilter()))[0].links == {"published": "ok"}
