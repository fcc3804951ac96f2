"""Remedies: acts at a partner that put things right, planned as rows, by the automation or by the owner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from hub.actors import Actor
from hub.automation import Rule, record_decision
from hub.chain import Verdict
from hub.database import nudge
from hub.house import House
from hub.tables import Case, Effect, EffectKind
from hub.timeline import AUTOMATION, record_entry


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
    who = (actor.kind, actor.name) if actor else AUTOMATION
    title = rule.title.say(case.language)
    await record_entry(session, case.id, who, "remedy_ordered", title, now=now, effect=effect.id, remedy=kind)
    if actor is None:
        reason = f"{verdict.link} is broken at {verdict.partner}: {verdict.reason}"
        await record_decision(session, Rule.REMEDY, kind, reason, now=now, case_id=case.id, effect=effect.id)
    await nudge(session)
    return effect
