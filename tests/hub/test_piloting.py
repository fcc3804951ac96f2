from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.automation import stop, wish_person
from hub.chain import State, Verdict
from hub.database import Database
from hub.desk import send_reply, solve
from hub.house import House
from hub.pilot import Plan
from hub.piloting import pilot_case
from hub.ports import LinkStatus, Observation
from hub.tables import Case, Decision, Effect, Entry, Failure, Promise, Trace, Work
from tests.samples import add_case, list_kinds

BROKEN = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence", item="hbr/2026-11")
WHOLE = Verdict(state=State.WHOLE, item="hbr/2026-11")
UNKNOWN = Verdict(state=State.UNKNOWN, partner="delivery", link="published", reason="down")


async def pilot(
    database: Database,
    house: House,
    case: Case,
    verdict: Verdict,
    now: datetime,
    observations: Sequence[Observation] = (),
) -> Plan | None:
    async with database.transaction() as session:
        return await pilot_case(session, case.id, observations, verdict, house, now=now)


async def list_rows(database: Database, table: type[Any], **where: Any) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.scalars(sa.select(table).filter_by(**where).order_by(table.id)))


async def list_effects(database: Database) -> list[str]:
    return [effect.kind for effect in await list_rows(database, Effect)]


async def test_a_broken_link_is_put_right_asked_about_and_told_in_one_transaction(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    await pilot(database, house, case, BROKEN, now)
    assert await list_effects(database) == ["remedy", "open_request", "mail"]
    assert [d.rule for d in await list_rows(database, Decision)] == ["remedy", "request", "first_message"]
    assert [p.kind for p in await list_rows(database, Promise)] == ["arrival"]
    assert len(await list_rows(database, Failure)) == 1


async def test_what_partners_said_is_kept_with_the_verdict(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    seen = Observation(
        partner="delivery", link="delivered", status=LinkStatus.BROKEN, at=now, evidence={"status": "absent"}
    )
    await pilot(database, house, case, BROKEN, now, [seen])
    [trace] = await list_rows(database, Trace)
    assert (trace.verdict["reason"], trace.item) == ("no_licence", "hbr/2026-11")


async def test_seen_again_the_same_has_no_second_effect(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    for seconds in (0, 20):
        await pilot(database, house, case, BROKEN, now + timedelta(seconds=seconds))
    assert await list_effects(database) == ["remedy", "open_request", "mail"]
    async with database.transaction() as session:
        assert (await list_kinds(session, case)).count("verdict") == 1


async def test_seen_to_arrive_the_promise_is_kept_and_the_owner_called(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    await pilot(database, house, case, BROKEN, now)
    plan = await pilot(database, house, case, WHOLE, now + timedelta(minutes=1))
    assert plan is not None
    assert plan.arrived
    assert [p.outcome for p in await list_rows(database, Promise)] == ["kept"]
    assert [e.text for e in await list_rows(database, Entry, kind="call")] == ["arrived"]


async def test_the_owner_is_called_once_for_one_reason(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    for seconds in (0, 20):
        await pilot(database, house, case, WHOLE, now + timedelta(seconds=seconds))
    assert [e.text for e in await list_rows(database, Entry, kind="call")] == ["looks_whole"]


async def test_the_next_look_is_due(database: Database, house: House, case: Case, now: datetime) -> None:
    plan = await pilot(database, house, case, UNKNOWN, now)
    [work] = await list_rows(database, Work)
    assert plan is not None
    assert (work.key, work.due_at) == (f"trace:{case.id}", plan.trace_again_at)


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("remedy", ["open_request", "mail"]),
        ("request", ["remedy", "mail"]),
        ("first_message", ["remedy", "open_request"]),
        (None, []),
    ],
)
async def test_a_stopped_rule_does_nothing(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime, rule: str | None, left: list[str]
) -> None:
    async with database.transaction() as session:
        await stop(session, kaisa, rule, "", now=now)
    await pilot(database, house, case, BROKEN, now)
    assert await list_effects(database) == left


async def test_where_a_person_was_asked_for_it_only_looks(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    async with database.transaction() as session:
        await wish_person(session, case.id, now=now)
    await pilot(database, house, case, BROKEN, now)
    assert await list_effects(database) == []
    assert len(await list_rows(database, Trace)) == 1


async def test_after_a_person_wrote_there_is_no_automatic_message(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await send_reply(session, house, case.id, kaisa, "Selvitän asiaa.", now=now)
    await pilot(database, house, case, UNKNOWN, now)
    assert [mail.automatic for mail in await list_rows(database, Effect)] == [False]


async def test_solved_meanwhile_nothing_is_done(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    async with database.transaction() as session:
        await solve(session, house, case.id, kaisa, now=now)
    assert await pilot(database, house, case, BROKEN, now) is None
    assert await list_rows(database, Trace) == []


async def test_the_second_time_nothing_is_tried_again_and_the_customer_hears_that_we_know(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    later = now + timedelta(days=58)
    await pilot(database, house, case, BROKEN, now)
    async with database.transaction() as session:
        again = await add_case(session, later, opened_at=later)
    await pilot(database, house, again, BROKEN, later)
    assert [e.kind for e in await list_rows(database, Effect, case_id=again.id)] == ["open_request", "mail"]
    [mail] = await list_rows(database, Effect, case_id=again.id, kind="mail")
    assert f"marraskuu 2026 (tapaus {case.number})" in mail.payload["text"]
