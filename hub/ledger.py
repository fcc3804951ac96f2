"""The ledger of facts: what is known of a case, from whom, and what a later word superseded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.facts import FoundFact
from hub.tables import Fact, FactSource

SINGLE = frozenset(  # keys with one value at a time (data/FACTS.md, "many? no")
    {
        *("bought_from", "account_email", "customer_number", "metering_point", "address", "phone"),
        *("since", "happened_before", "wants_person", "deadline"),
    }
)
LASTING = ("app", "device", "bought_from", "account_email", "customer_number", "steps_tried")
Known = Mapping[str, Sequence[str]]


async def record_facts(
    session: AsyncSession, case_id: int, message_id: int, found: Iterable[FoundFact], now: datetime
) -> None:
    for fact in found:
        value = "true" if fact.value is True else str(fact.value)
        await _supersede(session, case_id, fact.key, value, now)
        await session.execute(
            insert(Fact)
            .values(
                case_id=case_id,
                key=fact.key,
                value=value,
                source=FactSource.MESSAGE,
                message_id=message_id,
                start=fact.start,
                end=fact.end,
                quote=fact.quote,
                source_name="",
                at=now,
            )
            .on_conflict_do_nothing()
        )


async def record_fact(
    session: AsyncSession, case_id: int, key: str, value: str, source: tuple[FactSource, str], now: datetime
) -> None:
    """A fact from a partner or a person: `source` says which and its name."""
    await _supersede(session, case_id, key, value, now)
    session.add(Fact(case_id=case_id, key=key, value=value, source=source[0], source_name=source[1], at=now))
    await session.flush()


async def carry_facts(session: AsyncSession, from_case_id: int, to_case_id: int) -> None:
    """What still holds in a customer's next case, with the source it had, so that nobody asks for it again."""
    for fact in await list_facts(session, from_case_id):
        if fact.key in LASTING:
            session.add(Fact(**fact.model_dump(exclude={"id", "case_id"}), case_id=to_case_id))
    await session.flush()


async def _supersede(session: AsyncSession, case_id: int, key: str, value: str, now: datetime) -> None:
    if key not in SINGLE:
        return
    await session.execute(
        sa.update(Fact)
        .where(col(Fact.case_id) == case_id, col(Fact.key) == key, col(Fact.value) != value)
        .where(col(Fact.superseded_at).is_(None))
        .values(superseded_at=now)
    )


async def list_facts(session: AsyncSession, case_id: int) -> list[Fact]:
    """What holds now, oldest first."""
    held = sa.select(Fact).where(col(Fact.case_id) == case_id, col(Fact.superseded_at).is_(None))
    return list(await session.scalars(held.order_by(col(Fact.id))))


def to_known(facts: Iterable[Fact]) -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for fact in facts:
        values = known.setdefault(fact.key, [])
        if fact.value not in values:
            values.append(fact.value)
    return known


def find_known(asks: Iterable[str], known: Known) -> dict[str, list[str]]:
    """Of the fact keys that a text asks for, those whose answer is known already."""
    return {key: list(known[key]) for key in asks if known.get(key)}
