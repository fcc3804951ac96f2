"""Rows that many tests start from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from connectors.sandbox.seed import load_seed
from flows.catalogue import load_names
from hub.actors import Actor
from hub.cases import Opening, open_case
from hub.customers import record_customer
from hub.house import House
from hub.playbooks import load_playbooks
from hub.tables import Case, Entry, Failure, Person, Role


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


def to_actor(person: Person) -> Actor:
    return Actor(person_id=person.id, name=person.name, role=person.role)


async def add_failure(session: AsyncSession, case: Case, at: datetime, **more: Any) -> Failure:
    given: dict[str, Any] = {"partner": "delivery", "link": "delivered", "reason": "no_licence", "item": "hbr/2026-09"}
    failure = Failure(case_id=case.id, customer_id=case.customer_id, at=at, **{**given, **more})
    session.add(failure)
    await session.flush()
    return failure


async def list_kinds(session: AsyncSession, case: Case) -> list[str]:
    """What the case's timeline tells, by kind, oldest first."""
    theirs = sa.select(col(Entry.kind)).where(col(Entry.case_id) == case.id)
    return list(await session.scalars(theirs.order_by(col(Entry.id))))


def make_house() -> House:
    """With the catalogue and playbooks that are shipped, and the sandbox's publications."""
    return House(
        support_address="support@luotsi.example",
        support_name="Luotsi",
        public_url="http://luotsi.example",
        secret="s" * 40,
        catalogue=load_names(Path("config/catalogue.yaml")).model_copy(
            update={"publications": tuple(load_seed("tests/people.yaml").publications)}
        ),
        playbooks=load_playbooks(Path("playbooks")),
    )
