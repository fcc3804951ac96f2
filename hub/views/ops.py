"""What ops watch: work and effects that are due or late, partners, what nobody could handle, what the machine did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.ports import Value
from hub.tables import (
    Case,
    Decision,
    Effect,
    EffectKind,
    EffectState,
    PartnerEvent,
    PartnerState,
    Person,
    RawMail,
    Stop,
    Work,
    WorkKind,
)
from hub.views.case import list_decisions
from hub.views.case_values import DecisionView
from hub.views.values import to_value

LATE_AFTER = timedelta(minutes=1)
STUCK_AFTER = timedelta(minutes=10)
SHOWN = 50


class WorkCount(Value):
    """Waiting rows of one kind. `late` are due for more than a minute and on nobody's lease."""

    kind: WorkKind
    waiting: int
    due: int
    late: int


class TroubledWork(Value):
    id: int
    kind: WorkKind
    key: str
    case_number: int | None
    due_at: datetime
    attempts: int
    trouble: str


class StuckEffect(Value):
    """Its outcome is unknown, or it has been tried for ten minutes without an end."""

    id: int
    kind: EffectKind
    key: str
    state: EffectState
    party: str
    case_number: int
    created_at: datetime
    attempts: int
    trouble: str


class PartnerHealth(Value):
    partner: str
    is_down: bool
    down_since: datetime | None
    ok_at: datetime | None
    polled_at: datetime | None
    trouble: str
    unhandled_events: int


class UnhandledMail(Value):
    id: int
    channel: str
    sender: str
    received_at: datetime
    trouble: str


class StopView(Value):
    """`rule` None stops all of the automation."""

    id: int
    rule: str | None
    why: str
    stopped_at: datetime
    stopped_by: str


class OpsView(Value):
    at: datetime
    work: tuple[WorkCount, ...]
    troubled_work: tuple[TroubledWork, ...]
    effects: dict[EffectState, int]
    stuck_effects: tuple[StuckEffect, ...]
    partners: tuple[PartnerHealth, ...]
    unhandled_mail: tuple[UnhandledMail, ...]
    stops: tuple[StopView, ...]
    decisions: tuple[DecisionView, ...]


class OpsFigures(Value):
    """`mail_seconds` maps a quantile (0.5, 0.95) to seconds from accepted to on its case, of the last 200 mails."""

    open_cases: int
    work: tuple[WorkCount, ...]
    effects: dict[EffectState, int]
    partners: tuple[PartnerHealth, ...]
    mail_seconds: dict[str, float]


async def get_ops_figures(session: AsyncSession, now: datetime) -> OpsFigures:
    open_cases = sa.select(sa.func.count()).select_from(Case).where(col(Case.solved_at).is_(None))
    return OpsFigures(
        open_cases=await session.scalar(open_cases) or 0,
        work=await count_work(session, now),
        effects=await count_effects(session),
        partners=await list_partners(session),
        mail_seconds=await _mail_seconds(session),
    )


async def _mail_seconds(session: AsyncSession) -> dict[str, float]:
    waited = sa.extract("epoch", col(RawMail.handled_at) - col(RawMail.received_at)).label("seconds")
    last = sa.select(waited).where(col(RawMail.handled_at).is_not(None)).order_by(col(RawMail.id).desc()).limit(200)
    seconds = last.subquery().c.seconds
    quantiles = (0.5, 0.95)
    row = (
        await session.execute(sa.select(*(sa.func.percentile_cont(q).within_group(seconds) for q in quantiles)))
    ).one()
    return {str(q): float(value) for q, value in zip(quantiles, row, strict=True) if value is not None}


async def get_ops_view(session: AsyncSession, now: datetime) -> OpsView:
    return OpsView(
        at=now,
        work=await count_work(session, now),
        troubled_work=await _troubled_work(session),
        effects=await count_effects(session),
        stuck_effects=await _stuck_effects(session, now),
        partners=await list_partners(session),
        unhandled_mail=await _unhandled_mail(session, now),
        stops=await list_stop_views(session),
        decisions=await list_decisions(session, col(Decision.at) > now - timedelta(days=1)),
    )


async def count_work(session: AsyncSession, now: datetime) -> tuple[WorkCount, ...]:
    free = sa.or_(col(Work.leased_until).is_(None), col(Work.leased_until) <= now)
    count = sa.func.count()
    query = (
        sa.select(
            sa.label("kind", col(Work.kind)),
            count.label("waiting"),
            count.filter(col(Work.due_at) <= now).label("due"),
            count.filter(col(Work.due_at) <= now - LATE_AFTER, free).label("late"),
        )
        .where(col(Work.done_at).is_(None))
        .group_by(col(Work.kind))
        .order_by(col(Work.kind))
    )
    rows: Iterable[Any] = await session.execute(query)
    return tuple(to_value(WorkCount, row) for row in rows)


async def count_effects(session: AsyncSession) -> dict[EffectState, int]:
    """All states, also those without a row."""
    rows = await session.execute(
        sa.select(col(Effect.state), sa.func.count().label("rows")).group_by(col(Effect.state))
    )
    found = {row.state: row.rows for row in rows}
    return {state: found.get(state, 0) for state in EffectState}


async def list_partners(session: AsyncSession) -> tuple[PartnerHealth, ...]:
    waiting = sa.select(sa.func.count()).where(
        col(PartnerEvent.partner) == col(PartnerState.partner), col(PartnerEvent.handled_at).is_(None)
    )
    query = sa.select(PartnerState, waiting.correlate(PartnerState).scalar_subquery())
    rows = await session.execute(query.order_by(col(PartnerState.partner)))
    return tuple(
        to_value(PartnerHealth, state, is_down=state.down_since is not None, unhandled_events=count)
        for state, count in rows
    )


async def list_stop_views(session: AsyncSession) -> tuple[StopView, ...]:
    standing = sa.select(Stop, col(Person.name)).join(Person, col(Person.id) == col(Stop.stopped_by))
    rows = await session.execute(standing.where(col(Stop.lifted_at).is_(None)).order_by(col(Stop.id)))
    return tuple(to_value(StopView, stop, stopped_by=name) for stop, name in rows)


async def _troubled_work(session: AsyncSession) -> tuple[TroubledWork, ...]:
    query = sa.select(Work, col(Case.number)).outerjoin(Case, col(Case.id) == col(Work.case_id))
    query = query.where(col(Work.done_at).is_(None), col(Work.trouble) != "").order_by(col(Work.due_at)).limit(SHOWN)
    return tuple(to_value(TroubledWork, work, case_number=number) for work, number in await session.execute(query))


async def _stuck_effects(session: AsyncSession, now: datetime) -> tuple[StuckEffect, ...]:
    unsettled = col(Effect.state).in_([EffectState.PLANNED, EffectState.SENDING])
    is_stuck = sa.and_(unsettled, col(Effect.attempts) > 0, col(Effect.created_at) < now - STUCK_AFTER)
    query = (
        sa.select(Effect, col(Case.number))
        .join(Case, col(Case.id) == col(Effect.case_id))
        .where(sa.or_(col(Effect.state) == EffectState.UNKNOWN, is_stuck))
        .order_by(col(Effect.id))
        .limit(SHOWN)
    )
    return tuple(to_value(StuckEffect, e, case_number=number) for e, number in await session.execute(query))


async def _unhandled_mail(session: AsyncSession, now: datetime) -> tuple[UnhandledMail, ...]:
    """What came in within the last minute is only on its way."""
    waiting = sa.or_(col(RawMail.trouble) != "", col(RawMail.received_at) < now - LATE_AFTER)
    columns = [getattr(RawMail, name) for name in UnhandledMail.model_fields]
    query = sa.select(*columns).where(col(RawMail.handled_at).is_(None), waiting).order_by(col(RawMail.id)).limit(SHOWN)
    return tuple(to_value(UnhandledMail, row) for row in await session.execute(query))
