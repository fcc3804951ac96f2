"""Remedies: acts at a partner that put things right, planned as rows, by the automation or by the owner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.automation import Rule, record_decision
from hub.chain import Verdict
from hub.database import nudge
from hub.errors import Conflict
from hub.house import House
from hub.outbox import OPEN_STATES
from hub.playbooks import RemedyRule
from hub.tables import Case, Effect, EffectKind, EffectState
from hub.timeline import record_entry, to_who


async def plan_remedy(
    session: AsyncSession, case: Case, house: House, kind: str, verdict: Verdict, *, actor: Actor | None, now: datetime
) -> Effect:
    """The key names the case, the remedy and its turn, and is the same for every try."""
    rule = house.playbooks[case.playbook].remedies[kind]
    effect = Effect(
        kind=EffectKind.REMEDY,
        key=f"luotsi-{case.number}-{kind}-{int(now.timestamp() * 1000)}",
        case_id=case.id,
        party=rule.partner,
        automatic=actor is None,
        person_id=actor.person_id if actor else None,
        payload={"kind": kind, "item": verdict.item, "parameters": rule.parameters},
        created_at=now,
        due_at=now,
    )
    session.add(effect)
    await session.flush()
    who = to_who(actor)
    title = rule.title.say(case.language)
    await record_entry(session, case.id, who, "remedy_ordered", title, now=now, effect=effect.id, remedy=kind)
    if actor is None:
        reason = f"{verdict.link} is broken at {verdict.partner}: {verdict.reason}"
        await record_decision(session, Rule.REMEDY, kind, reason, now=now, case_id=case.id, effect=effect.id)
    await nudge(session)
    return effect


async def list_remedies(session: AsyncSession, case_id: int) -> list[Effect]:
    """Those of this case that were ordered and not refused, oldest first."""
    return list(await session.scalars(_standing().where(col(Effect.case_id) == case_id).order_by(col(Effect.id))))


async def count_recent(
    session: AsyncSession, case: Case, rules: Mapping[str, RemedyRule], now: datetime
) -> dict[str, int]:
    """How often each remedy was ordered for this customer within its rule's days, in any case."""
    theirs = (
        _standing().join(Case, col(Case.id) == col(Effect.case_id)).where(col(Case.customer_id) == case.customer_id)
    )
    ordered = [(e.payload["kind"], now - e.created_at) for e in await session.scalars(theirs)]
    return {
        kind: sum(name == kind and age < timedelta(days=rule.days) for name, age in ordered)
        for kind, rule in rules.items()
    }


async def check_limit(session: AsyncSession, case: Case, kind: str, rule: RemedyRule, now: datetime) -> None:
    """Conflict while the same one is under way on this case, or when the customer has had what the rule allows."""
    mine = [e for e in await list_remedies(session, case.id) if e.payload["kind"] == kind]
    if any(e.state in OPEN_STATES for e in mine):
        raise Conflict(f"{rule.title.en}: it is under way already")
    if (await count_recent(session, case, {kind: rule}, now))[kind] >= rule.count:
        raise Conflict(f"{rule.title.en}: {rule.count} in {rule.days} days is the limit for one customer")


def _standing() -> sa.Select[Effect]:
    dropped = [EffectState.REFUSED, EffectState.WITHDRAWN]
    return sa.select(Effect).where(col(Effect.kind) == EffectKind.REMEDY, col(Effect.state).not_in(dropped))
