"""Opening, finding and closing cases. A case has its owner from its first transaction on."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.errors import NotFound
from hub.ledger import Known, carry_facts, list_facts, to_known
from hub.owners import pick_owner
from hub.ports import Value
from hub.tables import ActorKind, Case, Customer
from hub.timeline import AUTOMATION, record_entry

REOPEN_WITHIN = timedelta(days=30)


class Opening(Value):
    """What a new case starts from."""

    playbook: str
    subject: str
    language: str
    opened_at: datetime


async def open_case(session: AsyncSession, customer: Customer, opening: Opening, *, now: datetime) -> Case:
    """The earlier owner of this customer's matter in the same chain takes it where present, and what is known of the
    customer since then is known here."""
    before = await find_latest_case(session, customer.id, opening.playbook)
    previous = before.owner_id if before else None
    choice = await pick_owner(session, opening.playbook, opening.language, previous)
    case = Case(customer_id=customer.id, owner_id=choice.person_id, **opening.model_dump())
    session.add(case)
    await session.flush()
    await record_entry(session, case.id, (ActorKind.CUSTOMER, customer.name), "opened", opening.subject, now=now)
    await record_entry(session, case.id, AUTOMATION, "owner", f"{choice.name}: {choice.why}", now=now)
    if before is not None:
        await carry_facts(session, before.id, case.id)
    return case


async def find_latest_case(session: AsyncSession, customer_id: int, playbook: str) -> Case | None:
    theirs = sa.select(Case).where(col(Case.customer_id) == customer_id, col(Case.playbook) == playbook)
    return await session.scalar(theirs.order_by(col(Case.opened_at).desc(), col(Case.id).desc()).limit(1))


async def find_open_match(session: AsyncSession, customer_id: int, known: Known) -> Case | None:
    """This customer's open case about the same publication and no other issue: a new mail on it belongs there."""
    if not known.get("publication"):
        return None
    mine = sa.select(Case).where(col(Case.customer_id) == customer_id, col(Case.solved_at).is_(None))
    for case in await session.scalars(mine.order_by(col(Case.id).desc())):
        if _is_same_matter(known, to_known(await list_facts(session, case.id))):
            return case
    return None


def _is_same_matter(known: Known, told: Known) -> bool:
    issues, before = set(known.get("issue", ())), set(told.get("issue", ()))
    same_issue = not issues or not before or issues <= before
    return same_issue and bool(set(known["publication"]) & set(told.get("publication", ())))


async def get_case(session: AsyncSession, case_id: int, *, lock: bool = False) -> Case:
    """Locked against others' changes, not against new rows that point to it: those would wait for each other."""
    case = await session.get(Case, case_id, with_for_update={"key_share": True} if lock else None)
    if case is None:
        raise NotFound(f"no case with id {case_id}")
    return case


async def get_case_by_number(session: AsyncSession, number: int) -> Case:
    case = await session.scalar(sa.select(Case).where(col(Case.number) == number))
    if case is None:
        raise NotFound(f"no case {number}")
    return case


async def reopen_case(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """The owner is kept where present, else chosen anew."""
    choice = await pick_owner(session, case.playbook, case.language, case.owner_id)
    case.solved_at, case.owner_id = None, choice.person_id
    await record_entry(session, case.id, (ActorKind.CUSTOMER, ""), "reopened", choice.name, now=now)


def is_reopenable(case: Case, now: datetime) -> bool:
    """Within 30 days an answer reopens the solved case; later it opens a new one, linked to it."""
    return case.solved_at is not None and now <= case.solved_at + REOPEN_WITHIN
