from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.actors import Actor
from hub.chain import State, Verdict
from hub.clock import FixedClock
from hub.database import Database
from hub.delivering import Outside, deliver
from hub.house import House
from hub.letters import Letter
from hub.outbox import LEASE, claim_effects
from hub.ports import RequestStatus
from hub.post import plan_mail
from hub.remedying import plan_remedy
from hub.requesting import plan_request, plan_update
from hub.tables import Case, Effect, EffectState, Request
from tests.hub.pretended import Crash, Mood, PretendedPartner, PretendedRelay

VERDICT = Verdict(state=State.BROKEN, partner="delivery", link="delivered", reason="no_licence", item="hbr/2026-11")
LATER = LEASE + timedelta(hours=1)


@pytest.fixture
def partner(clock: FixedClock) -> PretendedPartner:
    return PretendedPartner("delivery", clock)


@pytest.fixture
def desk(clock: FixedClock) -> PretendedPartner:
    return PretendedPartner("publisher_desk", clock)


@pytest.fixture
def relay() -> PretendedRelay:
    return PretendedRelay()


@pytest.fixture
def outside(
    database: Database,
    clock: FixedClock,
    house: House,
    partner: PretendedPartner,
    desk: PretendedPartner,
    relay: PretendedRelay,
) -> Outside:
    return Outside(database, clock, house, {"delivery": partner, "publisher_desk": desk}, relay)


@pytest.fixture
async def remedy(outside: Outside, case: Case, kaisa: Actor, now: datetime) -> None:
    async with outside.database.transaction() as session:
        await plan_remedy(session, case, outside.house, "redeliver", VERDICT, actor=kaisa, now=now)


@pytest.fixture
async def mail(outside: Outside, case: Case, kaisa: Actor, now: datetime) -> None:
    letter = Letter(subject="Re: HBR", text="It is there now.")
    async with outside.database.transaction() as session:
        await plan_mail(session, outside.house, case, letter, author=kaisa, now=now)


@pytest.fixture
async def request_row(outside: Outside, case: Case, kaisa: Actor, now: datetime) -> Request:
    async with outside.database.transaction() as session:
        return await plan_request(session, case, outside.house, VERDICT, None, actor=kaisa, text="Why?", now=now)


async def go(outside: Outside, clock: FixedClock) -> EffectState:
    """The one effect that is due is tried; a crash of ours leaves it as it is. What became of it."""
    clock.advance(LATER)
    async with outside.database.transaction() as session:
        [claim] = await claim_effects(session, clock.now())
    with suppress(Crash):
        await deliver(outside, claim)
    async with outside.database.transaction() as session:
        return (await session.get_one(Effect, claim.effect_id)).state


@pytest.mark.usefixtures("remedy")
@pytest.mark.parametrize(
    ("mood", "then", "at_once"),
    [
        (Mood.WELL, EffectState.DONE, 1),
        (Mood.AWAY, EffectState.PLANNED, 0),
        (Mood.CUT_BEFORE, EffectState.SENDING, 0),
        (Mood.CUT_AFTER, EffectState.SENDING, 1),
        (Mood.UNKNOWN, EffectState.SENDING, 1),
        (Mood.BROKEN, EffectState.SENDING, 1),
        (Mood.REFUSED, EffectState.PLANNED, 0),
        (Mood.REJECTED, EffectState.REFUSED, 0),
        (Mood.CRASH_BEFORE, EffectState.SENDING, 0),
        (Mood.CRASH_AFTER, EffectState.SENDING, 1),
    ],
)
async def test_what_comes_of_a_remedy(
    outside: Outside, clock: FixedClock, partner: PretendedPartner, mood: Mood, then: EffectState, at_once: int
) -> None:
    partner.mood = mood
    assert await go(outside, clock) is then
    assert partner.acts.total() == at_once


@pytest.mark.usefixtures("remedy")
@pytest.mark.parametrize("mood", [Mood.CUT_AFTER, Mood.UNKNOWN, Mood.BROKEN, Mood.CRASH_AFTER])
async def test_what_may_have_happened_is_read_back_and_not_done_again(
    outside: Outside, clock: FixedClock, partner: PretendedPartner, mood: Mood
) -> None:
    partner.mood = mood
    await go(outside, clock)
    partner.mood = Mood.WELL
    assert await go(outside, clock) is EffectState.DONE
    assert partner.acts.total() == 1


@pytest.mark.usefixtures("remedy")
@pytest.mark.parametrize("mood", [Mood.CUT_BEFORE, Mood.CRASH_BEFORE])
async def test_what_did_not_happen_is_done_after_it_was_read_back(
    outside: Outside, clock: FixedClock, partner: PretendedPartner, mood: Mood
) -> None:
    partner.mood = mood
    await go(outside, clock)
    partner.mood = Mood.WELL
    assert await go(outside, clock) is EffectState.PLANNED
    assert await go(outside, clock) is EffectState.DONE
    assert partner.acts.total() == 1


@pytest.mark.usefixtures("remedy")
@pytest.mark.parametrize("mood", [Mood.AWAY, Mood.REFUSED, Mood.REJECTED, Mood.BROKEN, Mood.UNKNOWN])
async def test_a_partner_that_cannot_be_read_back_is_asked_again_and_then_a_person(
    outside: Outside, clock: FixedClock, partner: PretendedPartner, mood: Mood
) -> None:
    partner.mood = Mood.CUT_AFTER
    await go(outside, clock)
    partner.mood = mood
    states = [await go(outside, clock) for _ in range(7)]
    assert states == [EffectState.SENDING] * 6 + [EffectState.UNKNOWN]
    assert partner.acts.total() == 1


@pytest.mark.usefixtures("mail")
@pytest.mark.parametrize(
    ("mood", "then"),
    [
        (Mood.WELL, EffectState.DONE),
        (Mood.AWAY, EffectState.PLANNED),
        (Mood.CUT_AFTER, EffectState.UNKNOWN),
        (Mood.REJECTED, EffectState.REFUSED),
    ],
)
async def test_what_comes_of_a_mail(
    outside: Outside, clock: FixedClock, relay: PretendedRelay, mood: Mood, then: EffectState
) -> None:
    relay.mood = mood
    assert await go(outside, clock) is then


@pytest.mark.usefixtures("mail")
@pytest.mark.parametrize("mood", [Mood.CRASH_BEFORE, Mood.CRASH_AFTER])
async def test_a_mail_that_we_died_with_goes_to_a_person(
    outside: Outside, clock: FixedClock, relay: PretendedRelay, mood: Mood
) -> None:
    relay.mood = mood
    await go(outside, clock)
    relay.mood = Mood.WELL
    assert await go(outside, clock) is EffectState.UNKNOWN
    assert relay.sent == []


@pytest.mark.parametrize("mood", [Mood.WELL, Mood.CUT_AFTER, Mood.CRASH_AFTER, Mood.CRASH_BEFORE, Mood.AWAY])
async def test_a_request_is_opened_once_whatever_happens(
    outside: Outside, clock: FixedClock, desk: PretendedPartner, request_row: Request, mood: Mood
) -> None:
    desk.mood = mood
    first = await go(outside, clock)
    desk.mood = Mood.WELL
    if_not_done = [await go(outside, clock) for _ in range(first is not EffectState.DONE)]
    assert (if_not_done or [first]) == [EffectState.DONE]
    assert list(desk.tickets) == [request_row.key]
    async with outside.database.transaction() as session:
        row = await session.get_one(Request, request_row.id)
    assert (row.ref, row.status) == ("publisher_desk-1", RequestStatus.OPEN)


async def test_a_comment_waits_until_the_request_is_open_and_goes_once(
    outside: Outside, clock: FixedClock, desk: PretendedPartner, request_row: Request, case: Case, kaisa: Actor
) -> None:
    assert await go(outside, clock) is EffectState.DONE
    async with outside.database.transaction() as session:
        await plan_update(session, case, request_row, "Any news?", actor=kaisa, now=clock.now())
    desk.mood = Mood.CUT_AFTER
    assert await go(outside, clock) is EffectState.PLANNED
    desk.mood = Mood.WELL
    assert await go(outside, clock) is EffectState.DONE
    [ticket] = desk.tickets.values()
    assert [c.text for c in ticket.comments] == ["Any news?"]


@pytest.mark.usefixtures("remedy")
async def test_what_the_partner_does_not_offer_is_refused_in_words(outside: Outside, clock: FixedClock) -> None:
    async with outside.database.transaction() as session:
        effect = (await session.scalars(sa.select(Effect))).one()
        effect.payload = {**effect.payload, "kind": "refund"}
    assert await go(outside, clock) is EffectState.REFUSED
    async with outside.database.transaction() as session:
        trouble = (await session.scalars(sa.select(Effect.trouble))).one()
    assert trouble == "delivery offers no refund for this now"
