from datetime import datetime

import sqlalchemy as sa

from hub.database import Database
from hub.people import NewPerson, add_person
from hub.tables import ApiToken, Person, Role
from hub.tokens import add_token, find_token_actor


async def test_a_token_acts_as_its_person_in_its_own_role(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        aino = await add_person(session, NewPerson(email="a@b.example", name="Aino", role=Role.SUPERVISOR), now)
        actor = await find_token_actor(session, await add_token(session, Role.AGENT, "script", now, aino.id))
        assert actor is not None
        assert (actor.person_id, actor.name, actor.role) == (aino.id, "Aino", Role.AGENT)


async def test_a_token_of_nobody_acts_as_a_stand_in(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        actor = await find_token_actor(session, await add_token(session, Role.OPS, "script", now))
        assert actor is not None
        assert actor.name == "API (ops)"


async def test_only_a_hash_is_kept(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        token = await add_token(session, Role.OPS, "script", now)
        assert token not in str((await session.scalars(sa.select(ApiToken))).one().model_dump())


async def test_an_unknown_token_is_nobody(database: Database) -> None:
    async with database.transaction() as session:
        assert await find_token_actor(session, "luotsi_made-up") is None


async def test_a_revoked_token_is_nobody(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        token = await add_token(session, Role.OPS, "script", now)
        await session.execute(sa.update(ApiToken).values(revoked_at=now))
        assert await find_token_actor(session, token) is None


async def test_a_token_ends_with_its_person(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        token = await add_token(session, Role.OPS, "script", now)
        await session.execute(sa.update(Person).values(disabled_at=now))
        assert await find_token_actor(session, token) is None
