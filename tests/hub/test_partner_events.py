from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.chain import State, Verdict
from hub.clock import FixedClock
from hub.database import Database
from hub.desk import solve
from hub.house import House
from hub.partner_events import (
    get_cursor,
    handle_event,
    record_health,
    record_poll,
    record_pushed,
    take_in_pulled,
)
from hub.ports import Account, Event, EventKind
from hub.requesting import plan_request
from hub.tables import Case, PartnerAccount, PartnerEvent, PartnerState, Work
from tests.hub.pretended import PretendedPartner

MATTI = Account(partner="delivery", ref="licence-1", holder="holder of matti.lukija@example.com")


@pytest.fixture
def connectors(clock: FixedClock) -> dict[str, PretendedPartner]:
    return {"delivery": PretendedPartner("delivery", clock)}


def event(now: datetime, dedupe_id: str = "1", **more: Any) -> Event:
    given: dict[str, Any] = {"partner": "delivery", "kind": EventKind.LINK, "account": MATTI, "at": now}
    return Event(dedupe_id=dedupe_id, **{**given, **more})


async def pull(database: Database, connectors: Any, now: datetime, *events: Event) -> int:
    async with database.transaction() as session:
        return await take_in_pulled(session, events, connectors, now=now)


async def list_due(database: Database) -> list[str]:
    async with database.transaction() as session:
        return sorted(await session.scalars(sa.select(Work.key)))


async def test_what_is_pushed_is_stored_raw_once_and_handled_after_the_answer(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as session:
        assert await record_pushed(session, [event(now)], b"signed", now=now) == 1
        assert await record_pushed(session, [event(now)], b"signed", now=now) == 0
        kept = (await session.scalars(sa.select(PartnerEvent))).one()
    assert (kept.raw, kept.pushed, kept.handled_at) == (b"signed", True, None)
    assert await list_due(database) == [f"partner_event:{kept.id}"]


async def test_the_same_id_of_another_partner_is_another_event(
    database: Database, connectors: Any, now: datetime
) -> None:
    assert await pull(database, connectors, now, event(now), event(now, partner="app_store")) == 2


async def test_a_change_at_a_link_makes_that_customers_case_be_looked_at(
    database: Database, connectors: Any, case: Case, now: datetime
) -> None:
    await pull(database, connectors, now, event(now))
    assert await list_due(database) == [f"trace:{case.id}"]


@pytest.mark.parametrize(
    "other",
    [
        {"account": MATTI.model_copy(update={"holder": "holder of liisa@example.com"})},
        {"account": None},
        {"partner": "not_connected"},
        {"kind": EventKind.ACCOUNT},
        {"at": datetime.fromisoformat("2026-11-01T00:00:00+00:00")},  # before the case was opened
    ],
)
async def test_what_is_no_news_of_an_open_case_makes_nothing_due(
    database: Database, connectors: Any, case: Case, now: datetime, other: dict[str, Any]
) -> None:
    await pull(database, connectors, now, event(now, **other))
    assert await list_due(database) == []


async def test_a_solved_case_is_left_alone(
    database: Database, connectors: Any, case: Case, kaisa: Actor, house: House, now: datetime
) -> None:
    async with database.transaction() as session:
        await solve(session, house, case.id, kaisa, now=now)
    await pull(database, connectors, now, event(now))
    assert await list_due(database) == []


async def test_who_holds_what_is_learnt_and_learnt_anew(database: Database, connectors: Any, now: datetime) -> None:
    renamed = MATTI.model_copy(update={"holder": "holder of matti@work.example"})
    await pull(database, connectors, now, event(now), event(now, "2", account=renamed))
    async with database.transaction() as session:
        account = (await session.scalars(sa.select(PartnerAccount))).one()
    assert (account.ref, account.holder) == ("licence-1", "holder of matti@work.example")


async def test_handled_twice_it_has_one_effect(database: Database, connectors: Any, case: Case, now: datetime) -> None:
    async with database.transaction() as session:
        await record_pushed(session, [event(now)], b"", now=now)
        kept = (await session.scalars(sa.select(PartnerEvent))).one()
        await handle_event(session, kept.id, connectors, now=now)
        await session.execute(sa.delete(Work).where(Work.kind == "trace"))
        await handle_event(session, kept.id, connectors, now=now + timedelta(hours=1))
    assert await list_due(database) == [f"partner_event:{kept.id}"]


async def test_our_request_is_read_and_others_tickets_are_not(
    database: Database, connectors: Any, case: Case, house: House, now: datetime
) -> None:
    verdict = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence")
    async with database.transaction() as session:
        request = await plan_request(session, case, house, verdict, None, actor=None, now=now)
        request.ref = "77"
    told = {"partner": "publisher_desk", "kind": EventKind.REQUEST, "account": None}
    await pull(database, connectors, now, event(now, ref="77", **told), event(now, "2", ref="78", **told))
    assert await list_due(database) == [f"read_request:{request.id}"]


async def test_a_feed_is_read_on_from_where_it_was_left(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        assert await get_cursor(session, "delivery") is None
        for cursor in ("7", "8"):
            await record_poll(session, "delivery", cursor, now)
        assert await get_cursor(session, "delivery") == "8"


async def test_trouble_is_counted_from_its_beginning_to_its_end(database: Database, now: datetime) -> None:
    later = now + timedelta(hours=1)
    async with database.transaction() as session:
        await record_poll(session, "delivery", "7", now)
        await record_health(session, "delivery", "no answer", now)
        session.expire_all()
        await record_health(session, "delivery", "still none", later)
        session.expire_all()
        state = await session.get_one(PartnerState, "delivery")
        assert (state.down_since, state.trouble, state.cursor) == (now, "still none", "7")
        await record_health(session, "delivery", "", later)
        await session.refresh(state)
        assert (state.down_since, state.trouble, state.ok_at) == (None, "", later)
