"""Happened before, by the customer's own earlier words: partners were not asked in a case that was imported, so no
failure of it is on record for the watch for recurrence."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.ledger import Known, list_facts, to_known
from hub.pilot import RECUR_WITHIN
from hub.tables import Case, Fact, FactSource
from hub.timeline import AUTOMATION, has_entry, record_entry

KEY = "happened_before"


async def recall_history(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """Lays the latest imported case with the same publication and symptom beside this one, and takes its month as
    known. What the customer says of it in this case holds over that."""
    if case.imported or await has_entry(session, case.id, KEY):
        return
    known = to_known(await list_facts(session, case.id))
    for earlier in await _list_history(session, case):
        words = await _find_same(session, earlier, known)
        if words is not None:
            case.previous_id = case.previous_id or earlier.id
            text = f"told of the same in case {earlier.number}, in {earlier.opened_at:%Y-%m}"
            await record_entry(session, case.id, AUTOMATION, KEY, text, now=now, earlier=earlier.number)
            if not known.get(KEY):
                session.add(_to_fact(case, earlier, words, now))
            return


async def _list_history(session: AsyncSession, case: Case) -> list[Case]:
    theirs = sa.select(Case).where(
        col(Case.customer_id) == case.customer_id,
        col(Case.imported),
        col(Case.opened_at).between(case.opened_at - RECUR_WITHIN, case.opened_at),
    )
    return list(await session.scalars(theirs.order_by(col(Case.opened_at).desc())))


async def _find_same(session: AsyncSession, earlier: Case, known: Known) -> Fact | None:
    """The words of the earlier case in which the customer told of the same symptom of the same publication."""
    facts = await list_facts(session, earlier.id)
    if not set(known.get("publication", ())) & set(to_known(facts).get("publication", ())):
        return None
    return next((f for f in facts if f.key == "symptom" and f.value in known.get("symptom", ())), None)


def _to_fact(case: Case, earlier: Case, words: Fact, now: datetime) -> Fact:
    return Fact(
        case_id=case.id,
        key=KEY,
        value=f"{earlier.opened_at:%Y-%m}",
        source=FactSource.MESSAGE,
        source_name=f"case {earlier.number}",
        message_id=words.message_id,
        start=words.start,
        end=words.end,
        quote=words.quote,
        at=now,
    )
