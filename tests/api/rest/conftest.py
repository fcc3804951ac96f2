from __future__ import annotations

import pytest_asyncio

from hub.chain import State, Verdict
from hub.clock import FixedClock
from hub.database import Database
from hub.ledger import record_fact
from hub.tables import Case, FactSource, Person, Trace
from tests.samples import add_case

BROKEN = Verdict(state=State.BROKEN, link="delivered", partner="delivery", reason="no_licence", item="hbr/2026-11")


@pytest_asyncio.fixture
async def case(database: Database, clock: FixedClock, owner: Person) -> Case:
    """Traced and found broken; which app it is about is known."""
    now = clock.now()
    async with database.transaction() as session:
        case = await add_case(session, now)
        await record_fact(session, case.id, "app", "zinio", (FactSource.PERSON, "Aino"), now)
        session.add(Trace(case_id=case.id, at=now, item=BROKEN.item, verdict=BROKEN.model_dump(mode="json")))
    return case
