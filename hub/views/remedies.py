"""What may be done for a case, and how much of each remedy's limit this customer has used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.playbooks import Playbook, Texts
from hub.ports import Value
from hub.tables import Case, Effect, EffectKind, EffectState


class RemedyView(Value):
    """`used` of `count` within `days`, for this customer in any case. `fits` when the broken link's reason names it."""

    kind: str
    title: Texts
    partner: str
    by: Literal["automation", "owner"]
    used: int
    count: int
    days: int
    fits: bool

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.count


async def list_remedies(
    session: AsyncSession, case_id: int, playbook: Playbook, cause: tuple[str, str] | None, now: datetime
) -> tuple[RemedyView, ...]:
    """Those that fit `cause`, which is (link, reason), first."""
    given = await _list_given(session, case_id)
    fitting = _list_fitting(playbook, cause)
    found = [
        RemedyView(
            kind=kind,
            **rule.model_dump(include={"partner", "by", "count", "days"}),
            title=rule.title,
            used=sum(1 for name, at in given if name == kind and at > now - timedelta(days=rule.days)),
            fits=kind in fitting,
        )
        for kind, rule in playbook.remedies.items()
    ]
    return tuple(sorted(found, key=lambda r: not r.fits))


def _list_fitting(playbook: Playbook, cause: tuple[str, str] | None) -> tuple[str, ...]:
    link = next((x for x in playbook.links if cause and x.id == cause[0]), None)
    reason = link.reasons.get(cause[1]) if link and cause else None
    return reason.remedies if reason else ()


async def _list_given(session: AsyncSession, case_id: int) -> list[tuple[str, datetime]]:
    """Every remedy of this customer with its time; those refused or withdrawn count for nothing."""
    mine = sa.select(col(Case.customer_id)).where(col(Case.id) == case_id).scalar_subquery()
    rows = await session.execute(
        sa.select(col(Effect.payload)["kind"].astext, col(Effect.created_at))
        .join(Case, col(Case.id) == col(Effect.case_id))
        .where(col(Case.customer_id) == mine, col(Effect.kind) == EffectKind.REMEDY)
        .where(col(Effect.state).not_in([EffectState.REFUSED, EffectState.WITHDRAWN]))
    )
    return [(kind, at) for kind, at in rows]
