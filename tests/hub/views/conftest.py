from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from hub.cases import Opening, open_case
from hub.customers import record_customer
from hub.database import Database
from hub.facts import Catalogue
from hub.house import House
from hub.people import NewPerson, add_person
from hub.playbooks import load_playbooks
from hub.ports import Publication
from hub.tables import ActorKind, Case, Direction, Message, Person, Promise, PromiseOutcome, Role


class Stage:
    """One present owner, and the means to tell a case's story in rows."""

    def __init__(self, session: AsyncSession, owner: Person, now: datetime) -> None:
        self.session, self.owner, self.now = session, owner, now

    async def add(self, row: Any) -> Any:
        self.session.add(row)
        await self.session.flush()
        return row

    async def case(self, subject: str = "Lehti puuttuu", address: str = "matti@example.com", **changes: Any) -> Case:
        customer = await record_customer(self.session, address, "Matti Meikäläinen", "fi", self.now)
        opening = Opening(playbook="magazine", subject=subject, language="fi", opened_at=self.now)
        case = await open_case(self.session, customer, opening, now=self.now)
        for name, value in changes.items():
            setattr(case, name, value)
        return await self.add(case)

    async def message(self, case: Case, kind: ActorKind, minutes: int = 0, **changes: Any) -> Message:
        given = {
            "direction": Direction.INBOUND if kind is ActorKind.CUSTOMER else Direction.OUTBOUND,
            "party": "customer",
            "author": kind.value,
            "text": "Hei",
            "at": self.now + timedelta(minutes=minutes),
        }
        return await self.add(Message(case_id=case.id, author_kind=kind, **given | changes))

    async def promise(self, case: Case, hours: int, broken: bool = False) -> Promise:
        due = self.now + timedelta(hours=hours)
        settled = {"outcome": PromiseOutcome.BROKEN, "settled_at": due} if broken else {}
        made = {"kind": "news", "text": "Kerron sinulle.", "keeper_id": self.owner.id, "made_at": self.now}
        return await self.add(Promise(case_id=case.id, due_at=due, **made, **settled))


@pytest_asyncio.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as session:
        yield session


@pytest_asyncio.fixture
async def stage(session: AsyncSession, now: datetime) -> Stage:
    owner = await add_person(session, NewPerson(email="aino@luotsi.example", name="Aino", role=Role.AGENT), now)
    owner.present = True
    await session.flush()
    return Stage(session, owner, now)


@pytest.fixture(scope="session")
def house() -> House:
    return House(
        support_address="support@luotsi.example",
        support_name="Luotsi",
        public_url="http://luotsi.example",
        secret="a secret of at least thirty-two characters",
        catalogue=Catalogue(publications=(Publication(id="hbr", title="Harvard Business Review"),)),
        playbooks=load_playbooks(Path(__file__).parents[3] / "playbooks"),
    )
