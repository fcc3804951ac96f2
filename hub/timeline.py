"""The timeline: append-only lines of who did what and why. Writing one wakes the pages that show the case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.database import is_there, tell_changed
from hub.tables import ActorKind, Entry

AUTOMATION = (ActorKind.AUTOMATION, "Luotsi")
Who = tuple[ActorKind, str]


def to_who(actor: Actor | None) -> Who:
    """None is the automation."""
    return (actor.kind, actor.name) if actor else AUTOMATION


async def record_entry(
    session: AsyncSession, case_id: int, who: Who, kind: str, text: str, *, now: datetime, **data: Any
) -> None:
    """`kind` is a stable word (opened, traced, remedy, promise ...); `data` is what a page may want to link to."""
    session.add(Entry(case_id=case_id, at=now, actor_kind=who[0], actor=who[1], kind=kind, text=text, data=data))
    await tell_changed(session, case_id)


async def has_entry(session: AsyncSession, case_id: int, kind: str, text: str | None = None) -> bool:
    there = sa.select(sa.literal(1)).where(col(Entry.case_id) == case_id, col(Entry.kind) == kind)
    if text is not None:
        there = there.where(col(Entry.text) == text)
    return await is_there(session, there)
