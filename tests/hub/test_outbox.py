from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col

from hub.actors import Actor
from hub.automation import lift, stop, wish_person
from hub.database import Database
from hub.errors import Conflict
from hub.outbox import (
    GIVE_UP,
    IN_FLIGHT,
    LEASE,
    MOST_READ_BACKS,
    Claim,
    Settlement,
    claim_effects,
    decide_unknown,
    mark_given_away,
    settle,
    to_later,
    to_settlement,
)
from hub.ports import Outcome, OutcomeState
from hub.tables import Effect, EffectKind, EffectState, Person, Role
from tests.samples import add_case, add_person

NOW = datetime(2026, 11, 12, 8, tzinfo=UTC)


def claim(interrupted: bool = False, attempts: int = 1, created_at: datetime = NOW) -> Claim:
    kind = EffectKind.REMEDY
    return Claim(effect_id=1, kind=kind, interrupted=interrupted, attempts=attempts, created_at=created_at)


@pytest.mark.parametrize(
    ("outcome", "interrupted", "state"),
    [
        (OutcomeState.DONE, False, EffectState.DONE),
        (OutcomeState.DONE, True, EffectState.DONE),
        (OutcomeState.REFUSED, False, EffectState.REFUSED),
        (OutcomeState.REFUSED, True, EffectState.PLANNED),  # read back: it did not happen, so it is done now
        (OutcomeState.PENDING, False, EffectState.PENDING),
        (OutcomeState.UNKNOWN, False, EffectState.SENDING),  # read back next, never done again blindly
        (OutcomeState.UNKNOWN, True, EffectState.SENDING),
    ],
)
def test_what_a_partners_answer_makes_of_an_effect(
    outcome: OutcomeState, interrupted: bool, state: EffectState
) -> None:
    assert to_settlement(Outcome(state=outcome), claim(interrupted), NOW).state is state


@pytest.mark.parametrize(
    ("outcome", "after", "state"),
    [
        (OutcomeState.REFUSED, timedelta(), EffectState.SENDING),  # its call may still be under way at the partner
        (OutcomeState.REFUSED, IN_FLIGHT, EffectState.PLANNED),
        (OutcomeState.DONE, timedelta(), EffectState.DONE),
    ],
)
def test_what_is_not_there_right_after_it_was_given_away_may_still_come(
    outcome: OutcomeState, after: timedelta, state: EffectState
) -> None:
    just_now = claim(True).model_copy(update={"given_away_at": NOW})
    assert to_settlement(Outcome(state=outcome), just_now, NOW + after).state is state


def test_what_stays_unknown_goes_to_a_person() -> None:
    asked_often = claim(True, attempts=MOST_READ_BACKS)
    assert to_settlement(Outcome(state=OutcomeState.UNKNOWN), asked_often, NOW).state is EffectState.UNKNOWN


@given(st.integers(1, 50), st.booleans())
def test_an_unknown_outcome_is_never_planned_again(attempts: int, interrupted: bool) -> None:
    settled = to_settlement(Outcome(state=OutcomeState.UNKNOWN), claim(interrupted, attempts), NOW)
    assert settled.state is not EffectState.PLANNED


def test_trying_ends_after_five_days() -> None:
    assert to_later(claim(), "down", NOW).state is EffectState.PLANNED
    old = claim(created_at=NOW - GIVE_UP - timedelta(seconds=1))
    assert to_later(old, "down", NOW).state is EffectState.REFUSED


@pytest.fixture
async def effect(database: Database, now: datetime) -> Effect:
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        case = await add_case(session, now)
        row = Effect(kind=EffectKind.REMEDY, key="k", case_id=case.id, created_at=now, due_at=now)
        session.add(row)
        await session.flush()
    return row


async def claim_all(database: Database, now: datetime) -> list[Claim]:
    async with database.transaction() as session:
        return await claim_effects(session, now)


async def test_a_try_that_broke_off_before_it_was_given_away_is_simply_done(
    database: Database, effect: Effect, now: datetime
) -> None:
    await claim_all(database, now)
    [again] = await claim_all(database, now + LEASE)
    assert not again.interrupted


async def test_a_try_that_broke_off_after_it_was_given_away_is_read_back(
    database: Database, effect: Effect, now: datetime
) -> None:
    [mine] = await claim_all(database, now)
    async with database.transaction() as session:
        await mark_given_away(session, mine, now)
    assert await claim_all(database, now) == []
    [again] = await claim_all(database, now + LEASE)
    assert again.interrupted


async def test_what_is_done_is_never_claimed_again(database: Database, effect: Effect, now: datetime) -> None:
    [mine] = await claim_all(database, now)
    async with database.transaction() as session:
        await settle(session, mine, Settlement(state=EffectState.DONE), now=now)
    assert await claim_all(database, now + timedelta(days=1)) == []


@pytest.mark.parametrize(("again", "state"), [(True, EffectState.PLANNED), (False, EffectState.DONE)])
async def test_a_person_decides_what_nobody_could_read_back(
    database: Database, effect: Effect, now: datetime, again: bool, state: EffectState
) -> None:
    async with database.transaction() as session:
        row = await session.get_one(Effect, effect.id)
        row.state = EffectState.UNKNOWN
        actor = Actor(person_id=(await session.scalars(sa.select(col(Person.id)))).one(), name="Kaisa", role=Role.AGENT)
    async with database.transaction() as session:
        assert (await decide_unknown(session, effect.id, actor, again, now=now)).state is state
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="is known"):
            await decide_unknown(session, effect.id, actor, again, now=now)


def test_an_act_is_read_back_once_at_least_before_a_person_decides() -> None:
    tried_often = claim(False, attempts=MOST_READ_BACKS + 3)
    assert to_settlement(Outcome(state=OutcomeState.UNKNOWN), tried_often, NOW).state is EffectState.SENDING


async def test_a_worker_that_was_taken_over_cannot_undo_what_the_other_did(
    database: Database, effect: Effect, now: datetime
) -> None:
    [slow] = await claim_all(database, now)
    [quick] = await claim_all(database, now + LEASE)
    async with database.transaction() as session:
        await settle(session, quick, Settlement(state=EffectState.DONE), now=now)
        await settle(session, slow, Settlement(state=EffectState.PLANNED), now=now)
        assert (await session.get_one(Effect, effect.id)).state is EffectState.DONE


async def test_a_worker_that_was_taken_over_gives_nothing_away(
    database: Database, effect: Effect, now: datetime
) -> None:
    [slow] = await claim_all(database, now)
    await claim_all(database, now + LEASE)
    with pytest.raises(Conflict, match="another worker"):
        async with database.transaction() as session:
            await mark_given_away(session, slow, now)


@pytest.fixture
async def automatic(database: Database, effect: Effect) -> Effect:
    async with database.transaction() as session:
        (await session.get_one(Effect, effect.id)).automatic = True
    return effect


@pytest.mark.parametrize(("rule", "claimed"), [(None, 0), ("remedy", 0), ("request", 1)])
async def test_what_is_planned_waits_while_a_person_stops_the_automation(
    database: Database, automatic: Effect, now: datetime, rule: str | None, claimed: int
) -> None:
    async with database.transaction() as session:
        kaisa = (await session.scalars(sa.select(Person))).one()
        await stop(session, Actor(person_id=kaisa.id, name="Kaisa", role=Role.AGENT), rule, "", now=now)
    assert len(await claim_all(database, now)) == claimed
    async with database.transaction() as session:
        await lift(session, rule, now=now)
    assert len(await claim_all(database, now)) == 1 - claimed


async def test_what_a_person_ordered_goes_all_the_same(database: Database, effect: Effect, now: datetime) -> None:
    async with database.transaction() as session:
        await wish_person(session, effect.case_id, now=now)
    assert len(await claim_all(database, now)) == 1


async def test_what_was_planned_before_a_wish_for_a_person_is_withdrawn(
    database: Database, automatic: Effect, now: datetime
) -> None:
    async with database.transaction() as session:
        await wish_person(session, automatic.case_id, now=now)
    assert await claim_all(database, now) == []
    async with database.transaction() as session:
        assert (await session.get_one(Effect, automatic.id)).state is EffectState.WITHDRAWN


async def test_what_may_have_gone_is_read_back_also_after_a_stop(
    database: Database, automatic: Effect, now: datetime
) -> None:
    [mine] = await claim_all(database, now)
    async with database.transaction() as session:
        await mark_given_away(session, mine, now)
        await wish_person(session, automatic.case_id, now=now)
    [again] = await claim_all(database, now + LEASE)
    assert again.interrupted
