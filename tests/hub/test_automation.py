from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.automation import (
    Rule,
    is_stopped,
    judge_decision,
    lift,
    list_stops,
    record_decision,
    stop,
    stop_case,
    wish_person,
)
from hub.database import Database
from hub.errors import InvalidInput, NotFound
from hub.tables import Case, Decision, Entry
from tests.samples import list_kinds


@pytest.mark.parametrize(
    ("stopped", "asked", "holds"),
    [(None, Rule.REMEDY, True), ("remedy", Rule.REMEDY, True), ("remedy", Rule.REQUEST, False)],
)
async def test_a_person_stops_all_or_one_rule_until_it_is_lifted(
    database: Database, kaisa: Actor, now: datetime, stopped: str | None, asked: Rule, holds: bool
) -> None:
    async with database.transaction() as session:
        await stop(session, kaisa, stopped, "it errs", now=now)
        assert await is_stopped(session, asked) is holds
        await lift(session, stopped, now=now)
        assert not await is_stopped(session, asked)


async def test_lifting_one_rule_leaves_the_others_stopped(database: Database, kaisa: Actor, now: datetime) -> None:
    async with database.transaction() as session:
        for rule in (None, "remedy", "request"):
            await stop(session, kaisa, rule, "", now=now)
        await lift(session, "remedy", now=now)
        assert [standing.rule for standing in await list_stops(session)] == [None, "request"]


async def test_a_rule_that_is_not_there_cannot_be_stopped(database: Database, kaisa: Actor, now: datetime) -> None:
    async with database.transaction() as session:
        with pytest.raises(InvalidInput, match="first_message, remedy"):
            await stop(session, kaisa, "everything", "", now=now)


async def test_a_wish_for_a_person_stops_every_rule_on_that_case(database: Database, case: Case, now: datetime) -> None:
    async with database.transaction() as session:
        await wish_person(session, case.id, now=now)
        stopped = await session.get_one(Case, case.id)
        assert [await is_stopped(session, rule, stopped) for rule in Rule] == [True] * len(Rule)
        assert not await is_stopped(session, Rule.REMEDY)


async def test_stopped_twice_the_first_reason_stays(database: Database, case: Case, now: datetime) -> None:
    async with database.transaction() as session:
        await wish_person(session, case.id, now=now)
        await stop_case(session, case.id, "taken over", now=now + timedelta(hours=1))
        stopped = await session.get_one(Case, case.id)
        assert (stopped.stopped_at, stopped.stopped_why) == (now, "the customer asked for a person")
        assert (await list_kinds(session, case)).count("automation_stopped") == 1


async def test_the_timeline_says_that_the_customer_stopped_it(database: Database, case: Case, now: datetime) -> None:
    async with database.transaction() as session:
        await wish_person(session, case.id, now=now)
        entry = (await session.scalars(sa.select(Entry).filter_by(kind="automation_stopped"))).one()
    assert entry.actor_kind == "customer"


async def decide(database: Database, case: Case, now: datetime) -> Decision:
    async with database.transaction() as session:
        await record_decision(session, Rule.REMEDY, "redeliver", "it broke", now=now, case_id=case.id, effect=7)
        return (await session.scalars(sa.select(Decision))).one()


async def test_a_decision_keeps_rule_inputs_and_reason(database: Database, case: Case, now: datetime) -> None:
    made = await decide(database, case, now)
    assert (made.rule, made.outcome, made.reason, made.inputs) == ("remedy", "redeliver", "it broke", {"effect": 7})


async def test_a_person_judges_a_decision_and_may_change_the_verdict(
    database: Database, case: Case, kaisa: Actor, now: datetime
) -> None:
    made = await decide(database, case, now)
    async with database.transaction() as session:
        await judge_decision(session, made.id, kaisa, "right", now=now)
        judged = await judge_decision(session, made.id, kaisa, "wrong", "too early", now=now)
    assert (judged.verdict, judged.verdict_note, judged.judge_id) == ("wrong", "too early", kaisa.person_id)


async def test_only_what_is_there_is_judged_and_only_right_or_wrong(
    database: Database, case: Case, kaisa: Actor, now: datetime
) -> None:
    made = await decide(database, case, now)
    async with database.transaction() as session:
        with pytest.raises(NotFound):
            await judge_decision(session, made.id + 1, kaisa, "right", now=now)
        with pytest.raises(InvalidInput, match="right, wrong"):
            await judge_decision(session, made.id, kaisa, "perhaps", now=now)
