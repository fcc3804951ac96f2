from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.database import Database
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
from hub.tables import Effect, EffectKind, EffectState
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
    async with database.transaction() as session:
        assert (await decide_unknown(session, effect.id, again, now=now)).state is state
