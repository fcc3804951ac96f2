"""An earlier history brought in: mails become solved cases at their own dates. No work is planned, nothing is promised
and nothing can be sent: a trigger refuses an effect of an imported case that is solved.

One mail is one transaction, and a mail that is here already has no effect, so an import can be stopped and run again.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.cases import Opening, find_latest_case
from hub.customers import list_addresses, record_customer
from hub.errors import Conflict
from hub.history_letters import Letter, Order, Written, find_obstacle, read_letter, to_party, to_who
from hub.history_threads import find_case, is_known
from hub.ledger import record_facts
from hub.mail.parse import content_digest
from hub.owners import Choice, choose_owner, list_candidates, set_owner
from hub.ports import Value
from hub.tables import ActorKind, Case, Direction, Message, RawMail
from hub.timeline import AUTOMATION, record_entry
from hub.understanding import choose_playbook

CHANNEL = "import"


class Outcome(StrEnum):
    OPENED = "opened"
    JOINED = "joined"
    KNOWN = "known"
    UNPLACED = "unplaced"


class Imported(Value):
    """`why` says what kept an unplaced mail from a case."""

    outcome: Outcome
    case_id: int | None = None
    why: str = ""


async def import_mail(session: AsyncSession, written: Written, order: Order, *, now: datetime) -> Imported:
    """Conflict when nobody is present to own what comes in."""
    if await is_known(session, content_digest(written.content)):
        return Imported(outcome=Outcome.KNOWN)
    letter = read_letter(written, order, now)
    case = await find_case(session, letter)
    outcome = Outcome.JOINED if case else Outcome.OPENED
    if case is None and (why := find_obstacle(letter)):
        await _record_mail(session, written, letter, None, trouble=why, now=now)
        return Imported(outcome=Outcome.UNPLACED, why=why)
    case = case or await _open(session, letter, order, now)
    message = await _record_mail(session, written, letter, case, now=now)
    await _tell(session, case, message, letter)
    await _stretch(session, case, letter, order)
    return Imported(outcome=outcome, case_id=case.id)


async def keep_unread(session: AsyncSession, written: Written, why: str, *, now: datetime) -> Imported:
    """What cannot be read as a mail is stored as it is, once."""
    if await is_known(session, content_digest(written.content)):
        return Imported(outcome=Outcome.KNOWN)
    message = Message(
        direction=Direction.INBOUND, author_kind=ActorKind.CUSTOMER, party="nobody", problems=[why], at=written.at
    )
    await _store(session, written, message, trouble=why, now=now)
    return Imported(outcome=Outcome.UNPLACED, why=why)


async def _open(session: AsyncSession, letter: Letter, order: Order, now: datetime) -> Case:
    """Solved from its first moment on, so that nothing ever takes it for work."""
    reading, who = letter.reading, letter.others[0]
    customer = await record_customer(session, who.address, who.name, reading.language, letter.at)
    opening = Opening(
        playbook=choose_playbook(order.house.playbooks.values(), {} if letter.is_ours else reading.known),
        subject=reading.mail.subject or reading.mail.reply[:80],
        language=reading.language,
        opened_at=letter.at,
    )
    choice = await _choose_owner(session, customer.id, opening, letter, order)
    case = Case(
        customer_id=customer.id,
        owner_id=choice.person_id,
        solved_at=letter.at,
        imported=True,
        **opening.model_dump(),
    )
    session.add(case)
    await session.flush()
    await record_entry(session, case.id, to_who(letter, letter.addresses), "opened", opening.subject, now=letter.at)
    await record_entry(session, case.id, AUTOMATION, "imported", f"from {order.source}", now=now)
    await record_entry(session, case.id, AUTOMATION, "owner", f"{choice.name}: {choice.why}", now=now)
    return case


async def _choose_owner(
    session: AsyncSession, customer_id: int, opening: Opening, letter: Letter, order: Order
) -> Choice:
    """Who wrote for us, who owned this customer's earlier case, else the most able: history counts as load here, or
    all of it would fall to one person, and with it every customer who comes back."""
    if order.owner is not None:
        return order.owner
    before = await find_latest_case(session, customer_id, opening.playbook)
    previous = letter.writer.person_id if letter.writer else before.owner_id if before else None
    owned = sa.select(col(Case.owner_id), sa.func.count()).where(col(Case.imported)).group_by(col(Case.owner_id))
    load = {owner: int(count) for owner, count in await session.execute(owned)}
    present = await list_candidates(session)
    loaded = [c.model_copy(update={"open_cases": c.open_cases + load.get(c.person_id, 0)}) for c in present]
    choice = choose_owner(loaded, opening.playbook, opening.language, previous)
    if choice is None:
        raise Conflict("nobody is present to own what comes in: luotsi user present EMAIL")
    return choice


async def _record_mail(
    session: AsyncSession, written: Written, letter: Letter, case: Case | None, *, trouble: str = "", now: datetime
) -> Message:
    mail = letter.reading.mail
    customer = await list_addresses(session, case.customer_id) if case else letter.addresses
    message = Message(
        case_id=case.id if case else None,
        direction=Direction.OUTBOUND if letter.is_ours else Direction.INBOUND,
        author_kind=to_who(letter, customer)[0],
        author=to_who(letter, customer)[1],
        author_address=mail.sender.address,
        party=to_party(letter, customer),
        kind=letter.reading.kind.value,
        subject=mail.subject,
        text=mail.text,
        reply=mail.reply,
        html=mail.html,
        mail_id=mail.message_id or "",
        in_reply_to=mail.in_reply_to or "",
        attachments=[a.model_dump(mode="json") for a in mail.attachments],
        problems=list(mail.problems),
        at=letter.at,
    )
    recipients = [one.address for one in (*mail.to, *mail.cc)]
    return await _store(session, written, message, recipients, trouble=trouble, now=now)


async def _store(
    session: AsyncSession,
    written: Written,
    message: Message,
    recipients: list[str] | None = None,
    *,
    trouble: str,
    now: datetime,
) -> Message:
    """The octets and the message. `handled_at` is set from the first, so that nothing takes the mail up again."""
    raw = RawMail(
        channel=CHANNEL,
        sender=written.sender,
        recipients=recipients or [],
        received_at=message.at,
        content=written.content,
        handled_at=now,
        trouble=trouble,
    )
    session.add(raw)
    await session.flush()
    message.raw_id, message.digest = raw.id, content_digest(written.content)
    session.add(message)
    await session.flush()
    return message


async def _tell(session: AsyncSession, case: Case, message: Message, letter: Letter) -> None:
    """The timeline, and the facts of what the customer wrote, both at the mail's own date."""
    data: dict[str, Any] = {"now": letter.at, "message": message.id}
    who = (message.author_kind, message.author)
    if who[0] is ActorKind.PERSON:
        await record_entry(session, case.id, who, "replied", message.reply[:200], **data)
    else:
        await record_entry(session, case.id, who, "message", message.subject, **data)
    if who[0] is ActorKind.CUSTOMER:
        await record_facts(session, case.id, message.id, letter.reading.facts, letter.at)


async def _stretch(session: AsyncSession, case: Case, letter: Letter, order: Order) -> None:
    """The case lasts from its first mail to its last, and is owned by whoever of ours wrote in it last, if present."""
    case.opened_at = min(case.opened_at, letter.at)
    case.solved_at = max(case.solved_at or letter.at, letter.at)
    writer = letter.writer if order.owner is None else None
    present = {one.person_id for one in await list_candidates(session)} if writer else set()
    if writer and writer.person_id in present and writer.person_id != case.owner_id:
        await set_owner(session, case, writer, AUTOMATION, now=letter.at)
