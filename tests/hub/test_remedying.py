from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.chain import State, Verdict
from hub.database import Database
from hub.errors import Conflict
from hub.house import House
from hub.outbox import OPEN_STATES
from hub.remedying import check_limit, count_recent, list_remedies, plan_remedy
from hub.tables import Case, Decision, Effect, EffectState
from tests.samples import add_case, list_kinds

VERDICT = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence", item="hbr/2026-11")


async def order(
    database: Database, house: House, case: Case, now: datetime, actor: Actor | None = None, kind: str = "redeliver"
) -> Effect:
    async with database.transaction() as session:
        return await plan_remedy(session, case, house, kind, VERDICT, actor=actor, now=now)


async def set_state(database: Database, effect: Effect, state: EffectState) -> None:
    async with database.transaction() as session:
        (await session.get_one(Effect, effect.id)).state = state


async def test_the_automation_says_why_it_acts(database: Database, house: House, case: Case, now: datetime) -> None:
    effect = await order(database, house, case, now)
    async with database.transaction() as session:
        decision = (await session.scalars(sa.select(Decision))).one()
    assert (decision.rule, decision.outcome, decision.inputs) == ("remedy", "redeliver", {"effect": effect.id})
    assert decision.reason == "delivered is broken at delivery: no_licence"


async def test_a_persons_order_is_no_decision_of_the_automation(
    database: Database, house: House, case: Case, kaisa: Actor, now: datetime
) -> None:
    effect = await order(database, house, case, now, kaisa)
    async with database.transaction() as session:
        assert list(await session.scalars(sa.select(Decision))) == []
        assert (await list_kinds(session, case))[-1] == "remedy_ordered"
    assert (effect.automatic, effect.person_id) == (False, kaisa.person_id)


@pytest.mark.parametrize("state", OPEN_STATES)
async def test_one_under_way_is_not_ordered_again(
    database: Database, house: House, case: Case, now: datetime, state: EffectState
) -> None:
    await set_state(database, await order(database, house, case, now), state)
    rule = house.playbooks["magazine"].remedies["redeliver"]
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="under way"):
            await check_limit(session, case, "redeliver", rule, now)
        await check_limit(session, case, "extend", house.playbooks["magazine"].remedies["extend"], now)


async def test_the_limit_is_a_customers_in_all_their_cases(
    database: Database, house: House, case: Case, now: datetime
) -> None:
    rule = house.playbooks["magazine"].remedies["redeliver"]
    async with database.transaction() as session:
        other = await add_case(session, now)
        liisas = await add_case(session, now, "liisa@example.com")
    for minute in range(rule.count):
        done = await order(database, house, other, now + timedelta(minutes=minute))
        await set_state(database, done, EffectState.DONE)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="3 in 30 days"):
            await check_limit(session, case, "redeliver", rule, now)
        await check_limit(session, liisas, "redeliver", rule, now)
        await check_limit(session, case, "redeliver", rule, now + timedelta(days=30, minutes=5))


@pytest.mark.parametrize("dropped", [EffectState.REFUSED, EffectState.WITHDRAWN])
async def test_what_did_not_happen_counts_for_nothing(
    database: Database, house: House, case: Case, now: datetime, dropped: EffectState
) -> None:
    await set_state(database, await order(database, house, case, now), dropped)
    async with database.transaction() as session:
        assert await list_remedies(session, case.id) == []
        assert await count_recent(session, case, house.playbooks["magazine"].remedies, now) == {
            "redeliver": 0,
            "extend": 0,
        }
