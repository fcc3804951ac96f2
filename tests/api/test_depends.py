from __future__ import annotations

import httpx
import sqlalchemy as sa

from api.app import create_app
from api.depends import Now, Transaction
from api.services import Services
from hub.clock import FixedClock
from hub.database import Database
from hub.tables import Person
from tests.samples import add_case, add_person


async def test_what_breaks_at_the_commit_is_not_answered_as_done(
    services: Services, database: Database, clock: FixedClock
) -> None:
    app = create_app(services)

    @app.post("/api/away")
    async def go_away_with_open_cases(session: Transaction, now: Now) -> str:
        await add_person(session, "Aino", now)
        await add_case(session, now)
        await session.flush()
        await session.execute(sa.update(Person).values(present=False))
        return "done"

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub.example") as client:
        answer = await client.post("/api/away")
    assert (answer.status_code, answer.json()["type"]) == (409, "conflict")
    async with database.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0
