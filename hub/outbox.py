"""The outbox: every effect outside is a row first. Claimed with a lease, settled with what came of it.

planned -> sending -> done | refused | unknown, and back to planned when it surely did not happen. A row found in
`sending` whose worker is gone is read back before anything is done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.automation import Rule, is_stopped
from hub.database import nudge
from hub.errors import Conflict, NotFound
from hub.ports import Outcome, OutcomeState, Value
from hub.promises import settle_promises
from hub.tables import Case, Effect, EffectKind, EffectState, Message, PromiseOutcome, WorkKind
from hub.timeline import AUTOMATION, record_entry, to_who
from hub.work import plan_work, to_retry_at
from hub.workers import is_free

LEASE = timedelta(minutes=15)  # longer than any one try: the relay may take ten minutes over one mail
IN_FLIGHT = timedelta(seconds=30)  # as long a call that was given away may still be doing its work at the partner
GIVE_UP = timedelta(days=5)  # of trying; RFC 5321 section 4.5.4.1 asks for at least 4 or 5
LOOK_AFTER = timedelta(seconds=5)  # a remedy is looked for at the partner so soon after it was done
MOST_READ_BACKS = 8  # then a person decides
OPEN_STATES = (EffectState.PLANNED, EffectState.SENDING, EffectState.PENDING)
CERTAIN = (EffectState.DONE, EffectState.REFUSED, EffectState.WITHDRAWN)
RULES = {
    EffectKind.MAIL: Rule.FIRST_MESSAGE,
    EffectKind.REMEDY: Rule.REMEDY,
    EffectKind.OPEN_REQUEST: Rule.REQUEST,
    EffectKind.UPDATE_REQUEST: Rule.ANSWER_PARTNER,
}


class Settlement(Value):
    """What came of one try. `state` PLANNED means once more at `due_at`; SENDING means read back at `due_at`."""

    state: EffectState
    detail: str = ""
    due_at: datetime | None = None
    result: dict[str, object] = Field(default_factory=dict)


class Claim(Value):
    """`interrupted` tells that an earlier try was given away and nobody knows what came of it."""

    effect_id: int
    kind: EffectKind
    interrupted: bool
    attempts: int
    created_at: datetime
    worker: int | None = None
    given_away_at: datetime | None = None

    def is_in_flight(self, now: datetime) -> bool:
        """What is not to be seen outside yet may still come, though its worker is gone."""
        return self.given_away_at is not None and now < self.given_away_at + IN_FLIGHT


class LeaseLost(Conflict):
    """Another worker has it by now."""


async def claim_effects(
    session: AsyncSession, now: datetime, limit: int = 10, *, worker: int | None = None
) -> list[Claim]:
    due = (
        sa.select(Effect)
        .where(col(Effect.state).in_(OPEN_STATES), col(Effect.due_at) <= now)
        .where(is_free(Effect, now))
        .where(~sa.and_(_may_be_stopped(), col(Effect.kind).in_(await _list_stopped_kinds(session))))
        .order_by(col(Effect.due_at), col(Effect.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    effects = list(await session.scalars(due))
    await _withdraw_stopped(session, effects, now)
    return [_claim(effect, now, worker) for effect in effects if effect.state is not EffectState.WITHDRAWN]


def _may_be_stopped() -> sa.ColumnElement[bool]:
    """The automation's own, and surely not gone yet. What may have gone is read back, whoever stopped what."""
    return sa.and_(col(Effect.automatic), col(Effect.first_sent_at).is_(None))


async def _list_stopped_kinds(session: AsyncSession) -> list[EffectKind]:
    """They wait until the stop is lifted."""
    return [kind for kind, rule in RULES.items() if await is_stopped(session, rule)]


async def _withdraw_stopped(session: AsyncSession, effects: Sequence[Effect], now: datetime) -> None:
    """A person was asked for on the case: what the automation had planned there and not begun goes no more."""
    stopped = (
        sa.select(Effect)
        .join(Case, col(Case.id) == col(Effect.case_id))
        .where(col(Effect.id).in_([e.id for e in effects]), _may_be_stopped(), col(Case.stopped_at).is_not(None))
    )
    for effect in await session.scalars(stopped):
        effect.state, effect.settled_at, effect.leased_until = EffectState.WITHDRAWN, now, None
        said, effect.message_id = effect.message_id, None
        await session.flush()
        await session.execute(sa.delete(Message).where(col(Message.id) == said))
        kind = f"{effect.kind}_{EffectState.WITHDRAWN}"
        text = "the automation was stopped on this case"
        await record_entry(session, effect.case_id, AUTOMATION, kind, text, now=now, effect=effect.id)


def _claim(effect: Effect, now: datetime, worker: int | None) -> Claim:
    interrupted = effect.state is not EffectState.PLANNED and effect.first_sent_at is not None
    effect.leased_until, effect.leased_by, effect.attempts = now + LEASE, worker, effect.attempts + 1
    if effect.state is EffectState.PLANNED:
        effect.state = EffectState.SENDING
    return Claim(
        effect_id=effect.id,
        kind=effect.kind,
        interrupted=interrupted,
        attempts=effect.attempts,
        created_at=effect.created_at,
        worker=worker,
        given_away_at=effect.first_sent_at if interrupted else None,
    )


async def mark_given_away(session: AsyncSession, claim: Claim, now: datetime, **payload: object) -> Effect:
    """Committed right before the outside can see it: from here on nobody may do it again without reading back.
    LeaseLost where it is another's to do by now."""
    effect = await session.get_one(Effect, claim.effect_id, with_for_update=True)
    if not _is_leased(effect, claim):
        raise LeaseLost(f"effect {effect.id} is another worker's by now")
    effect.first_sent_at = effect.first_sent_at or now
    if payload:
        effect.payload = {**effect.payload, **payload}
    return effect


def to_settlement(outcome: Outcome, claim: Claim, now: datetime) -> Settlement:
    """Of an act at a partner. Unknown is read back some times, then a person decides."""
    result: dict[str, object] = outcome.model_dump(mode="json")
    match outcome.state:
        case OutcomeState.DONE:
            return Settlement(state=EffectState.DONE, detail=outcome.detail, result=result)
        case OutcomeState.REFUSED if claim.is_in_flight(now):  # not to be seen there, but it may still come
            due_at = claim.given_away_at + IN_FLIGHT if claim.given_away_at else now
            return Settlement(state=EffectState.SENDING, detail=outcome.detail, due_at=due_at)
        case OutcomeState.REFUSED if claim.interrupted:  # read back: it did not happen
            return Settlement(state=EffectState.PLANNED, detail=outcome.detail, due_at=now)
        case OutcomeState.REFUSED:
            return Settlement(state=EffectState.REFUSED, detail=outcome.detail, result=result)
        case OutcomeState.PENDING:
            due_at = to_retry_at(claim.attempts, now)
            return Settlement(state=EffectState.PENDING, detail=outcome.detail, due_at=due_at, result=result)
        case _ if claim.interrupted and claim.attempts >= MOST_READ_BACKS:
            return Settlement(state=EffectState.UNKNOWN, detail=outcome.detail, result=result)
        case _:
            due_at = to_retry_at(claim.attempts, now)
            return Settlement(state=EffectState.SENDING, detail=outcome.detail, due_at=due_at)


def to_later(claim: Claim, trouble: str, now: datetime, after: datetime | None = None) -> Settlement:
    """It surely did not happen: once more later, until five days are out."""
    if now - claim.created_at > GIVE_UP:
        return Settlement(state=EffectState.REFUSED, detail=f"given up after five days: {trouble}")
    return Settlement(state=EffectState.PLANNED, detail=trouble, due_at=to_retry_at(claim.attempts, now, after))


async def settle(session: AsyncSession, claim: Claim, settlement: Settlement, *, now: datetime) -> None:
    """A worker that was held for gone may still tell what surely came of it, but not what is to be done next."""
    effect = await session.get_one(Effect, claim.effect_id, with_for_update=True)
    if not _is_leased(effect, claim) and (effect.state in CERTAIN or settlement.state not in CERTAIN):
        return
    effect.state, effect.leased_until = settlement.state, None
    effect.trouble = settlement.detail if settlement.state is not EffectState.DONE else ""
    effect.result = {**effect.result, **settlement.result}
    if settlement.state is EffectState.PLANNED:
        effect.first_sent_at = None
    if settlement.due_at is not None:
        effect.due_at = settlement.due_at
    if settlement.state not in OPEN_STATES:
        effect.settled_at = now
        await _tell(session, effect, settlement, now)
    else:
        await nudge(session)


def _is_leased(effect: Effect, claim: Claim) -> bool:
    mine = effect.leased_by == claim.worker and effect.attempts == claim.attempts
    return mine and effect.leased_until is not None


async def _tell(session: AsyncSession, effect: Effect, settlement: Settlement, now: datetime) -> None:
    kind = f"{effect.kind}_{settlement.state}"
    await record_entry(session, effect.case_id, AUTOMATION, kind, settlement.detail, now=now, effect=effect.id)
    if settlement.state is EffectState.DONE and effect.kind is EffectKind.MAIL and not effect.automatic:
        await settle_promises(session, effect.case_id, ["news"], PromiseOutcome.KEPT, now=now)
    if settlement.state is EffectState.DONE and effect.kind is EffectKind.REMEDY:
        due_at = now + LOOK_AFTER
        await plan_work(session, WorkKind.TRACE, effect.case_id, due_at, case_id=effect.case_id, now=now)
    if settlement.state in (EffectState.UNKNOWN, EffectState.REFUSED):
        text = f"{effect.kind} {settlement.state}: {settlement.detail}"
        await record_entry(session, effect.case_id, AUTOMATION, "call", text, now=now, effect=effect.id)


async def decide_unknown(session: AsyncSession, effect_id: int, actor: Actor, again: bool, *, now: datetime) -> Effect:
    """A person's word on an effect that nobody could read back: do it again, or take it as done. Conflict for one
    whose outcome is known, so that a second click does nothing."""
    effect = await session.get(Effect, effect_id, with_for_update=True)
    if effect is None:
        raise NotFound(f"no effect {effect_id}")
    if effect.state is not EffectState.UNKNOWN:
        raise Conflict(f"what came of it is known: {effect.state}")
    effect.state = EffectState.PLANNED if again else EffectState.DONE
    effect.first_sent_at, effect.due_at = None if again else effect.first_sent_at, now
    effect.settled_at = None if again else now
    text = f"{effect.kind}: {'did not happen, once more' if again else 'happened'}"
    who = to_who(actor)
    await record_entry(session, effect.case_id, who, "outcome_decided", text, now=now, effect=effect.id)
    await nudge(session)
    return effect
