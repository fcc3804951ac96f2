"""Rows that many tests start from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.cases import Opening, open_case
from hub.customers import record_customer
from hub.tables import Case, Person, Role


async def add_person(session: AsyncSession, name: str, now: datetime, **more: Any) -> Person:
    given: dict[str, Any] = {"role": Role.AGENT, "present": True, "skills": ["magazine"], "languages": ["fi"]}
    person = Person(email=f"{name.lower()}@luotsi.example", name=name, created_at=now, **{**given, **more})
    session.add(person)
    await session.flush()
    return person


async def add_case(
    session: AsyncSession, now: datetime, address: str = "matti.lukija@example.com", **more: Any
) -> Case:
    """Needs a present person."""
    customer = await record_customer(session, address, "Matti Lukija", "fi", now)
    opening: dict[str, Any] = {"playbook": "magazine", "subject": "HBR puuttuu", "language": "fi", "opened_at": now}
    return await open_case(session, customer, Opening(**{**opening, **more}), now=now)
