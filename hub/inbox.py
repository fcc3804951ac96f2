"""The front door's floor: a raw mail is stored, byte for byte, and its understanding planned, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from hub.ports import Value
from hub.tables import RawMail, WorkKind
from hub.work import plan_work


class Arrival(Value):
    """One delivery as it came. `channel` is smtp, lmtp, imap, web or import."""

    channel: str
    sender: str
    recipients: Sequence[str]
    content: bytes
    received_at: datetime


async def store_mail(session: AsyncSession, arrival: Arrival) -> int:
    """Accepted means committed: the caller answers 250 only after this transaction."""
    raw = RawMail(
        channel=arrival.channel,
        sender=arrival.sender,
        recipients=list(arrival.recipients),
        received_at=arrival.received_at,
        content=arrival.content,
    )
    session.add(raw)
    await session.flush()
    await plan_work(session, WorkKind.UNDERSTAND, raw.id, arrival.received_at, now=arrival.received_at)
    return raw.id
