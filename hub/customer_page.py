"""What a customer does on the status page: writes, asks for a person, tells how it went."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.cases import get_case
from hub.customers import list_addresses
from hub.errors import Conflict, InvalidInput
from hub.house import House
from hub.inbox import Arrival, store_mail
from hub.mail.compose import to_email
from hub.mail.threading import reply_address
from hub.ports import Mail
from hub.post import CUSTOMER, get_token
from hub.tables import ActorKind, Direction, Feedback, Message
from hub.timeline import record_entry

LONGEST = 20_000  # characters


async def store_page_message(session: AsyncSession, house: House, case_id: int, text: str, *, now: datetime) -> int:
    """Stored as a mail from the customer to the case's own address, so that one path reads whatever comes in."""
    if not text.strip():
        raise InvalidInput("there is nothing to send")
    case = await get_case(session, case_id)
    sender = await _find_last_address(session, case_id) or (await list_addresses(session, case.customer_id))[0]
    recipient = reply_address(house.support_address, await get_token(session, case_id, CUSTOMER, sender))
    mail = Mail(
        message_id=f"<page.{secrets.token_hex(16)}@{house.support_address.partition('@')[2]}>",
        sender=sender,
        recipient=recipient,
        subject=case.subject,
        text=text.strip()[:LONGEST],
        at=now,
    )
    content = to_email(mail).as_bytes()
    arrival = Arrival(channel="web", sender=sender, recipients=[recipient], content=content, received_at=now)
    return await store_mail(session, arrival)


async def _find_last_address(session: AsyncSession, case_id: int) -> str | None:
    """Where the customer last wrote from: who has many addresses is answered there."""
    theirs = sa.select(col(Message.author_address)).where(
        col(Message.case_id) == case_id,
        col(Message.direction) == Direction.INBOUND,
        col(Message.party) == CUSTOMER,
        col(Message.author_kind) == ActorKind.CUSTOMER,
        col(Message.held).is_(False),
        col(Message.author_address) != "",
    )
    return await session.scalar(theirs.order_by(col(Message.at).desc(), col(Message.id).desc()).limit(1))


async def record_feedback(session: AsyncSession, case_id: int, score: int, text: str = "", *, now: datetime) -> None:
    """0 to 10, for a solved case; the latest answer holds."""
    if not 0 <= score <= 10:
        raise InvalidInput("the score is from 0 to 10")
    case = await get_case(session, case_id)
    if case.solved_at is None:
        raise Conflict("the case is not solved yet")
    given = {"score": score, "text": text[:2000], "at": now}
    row = insert(Feedback).values(case_id=case_id, **given)
    await session.execute(row.on_conflict_do_update(index_elements=["case_id"], set_=given))
    await record_entry(session, case_id, (ActorKind.CUSTOMER, ""), "feedback", f"{score}/10", now=now, score=score)
