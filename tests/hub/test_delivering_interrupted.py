from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from hub.clock import FixedClock
from hub.database import Database
from hub.delivering import Outside, deliver
from hub.errors import PartnerError, Refused, Rejected, RetryLater
from hub.outbox import IN_FLIGHT, LEASE, Claim, claim_effects, mark_given_away
from hub.ports import BaseConnector, Mail, Outcome, Ref, Remedy, RemedyMode
from hub.tables import Effect, EffectKind, EffectState
from tests.hub.test_understanding import HOUSE
from tests.samples import add_case, add_person

HOLDER = Ref(partner="delivery", link="delivered", kind="holder", id="1")
REMEDY = Remedy(kind="redeliver", mode=RemedyMode.DIRECT, ref=HOLDER)
MAIL = Mail(
    message_id="<1@luotsi.example>",
    sender="support@luotsi.example",
    recipient="matti@example.com",
    subject="HBR",
    text="Hei",
    at=datetime.fromisoformat("2026-11-12T06:41:10+00:00"),
)


class Unreadable(BaseConnector):
    """A partner that cannot be read back from."""

    partner = "delivery"

    def __init__(self, error: PartnerError) -> None:
        self.error = error

    async def read_outcome(self, remedy: Remedy, key: str, since: datetime) -> Outcome:
        raise self.error


class NoRelay:
    async def send(self, mail: Mail, on_handing_over: Callable[[], Awaitable[None]] | None = None) -> None:
        raise AssertionError("a mail that may have gone is never handed over again")


async def interrupt(database: Database, now: datetime, kind: EffectKind, **payload: object) -> None:
    """An effect that was given away by a worker that is gone since."""
    async with database.transaction() as session:
        await add_person(session, "Kaisa", now)
        case = await add_case(session, now)
        row = Effect(kind=kind, key="k", case_id=case.id, party="delivery", payload=payload, created_at=now, due_at=now)
        session.add(row)
    async with database.transaction() as session:
        [mine] = await claim_effects(session, now, worker=1)
        await mark_given_away(session, mine, now)


async def take_over(database: Database, now: datetime, connector: Unreadable) -> Effect:
    outside = Outside(database, FixedClock(now), HOUSE, {"delivery": connector}, NoRelay())  # type: ignore[dict-item]
    async with database.transaction() as session:
        [claim] = await claim_effects(session, now, worker=2)
    await deliver(outside, claim)
    return await get_effect(database, claim)


async def get_effect(database: Database, claim: Claim) -> Effect:
    async with database.transaction() as session:
        return await session.get_one(Effect, claim.effect_id)


@pytest.mark.parametrize(
    "error", [Refused("delivery", "key"), Rejected("delivery", "404"), RetryLater("delivery", "503")]
)
async def test_what_cannot_be_read_back_is_not_done_again(
    database: Database, now: datetime, error: PartnerError
) -> None:
    await interrupt(database, now, EffectKind.REMEDY, remedy=REMEDY.model_dump(mode="json"))
    effect = await take_over(database, now + LEASE, Unreadable(error))
    assert (effect.state, effect.first_sent_at) == (EffectState.SENDING, now)


async def test_a_mail_that_was_being_handed_over_goes_to_a_person_and_not_out_again(
    database: Database, now: datetime
) -> None:
    await interrupt(database, now, EffectKind.MAIL, **MAIL.model_dump(mode="json"))
    nobody = Unreadable(RetryLater("delivery", ""))
    soon = await take_over(database, now, nobody)  # worker 1 holds no lock: its lease is over
    assert (soon.state, soon.due_at) == (EffectState.SENDING, now + IN_FLIGHT)
    assert (await take_over(database, now + IN_FLIGHT, nobody)).state is EffectState.UNKNOWN
