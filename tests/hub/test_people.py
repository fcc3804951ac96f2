from datetime import datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa

from hub.database import Database
from hub.errors import Conflict, InvalidInput, NotFound
from hub.people import (
    NewPerson,
    add_person,
    enrol_totp,
    get_person,
    get_stand_in,
    has_second_factor,
    set_password,
    use_totp,
)
from hub.tables import Person, Role, Session

AINO = NewPerson(email="Aino@Luotsi.example", name="Aino", role=Role.AGENT, password="kolme hauskaa hylettä")


async def add(database: Database, now: datetime, new: NewPerson = AINO) -> Person:
    async with database.transaction() as session:
        return await add_person(session, new, now)


async def test_a_person_is_found_by_address_in_any_case(database: Database, now: datetime) -> None:
    added = await add(database, now)
    async with database.transaction() as session:
        assert (await get_person(session, " AINO@luotsi.EXAMPLE")).id == added.id


async def test_an_address_is_taken_once(database: Database, now: datetime) -> None:
    await add(database, now)
    with pytest.raises(Conflict):
        await add(database, now)


async def test_a_poor_password_adds_nobody(database: Database, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        await add(database, now, AINO.model_copy(update={"password": "salasana"}))
    async with database.transaction() as session:
        with pytest.raises(NotFound):
            await get_person(session, AINO.email)


async def test_the_password_itself_is_not_kept(database: Database, now: datetime) -> None:
    assert (await add(database, now)).password_hash.startswith("$argon2id$")


async def test_a_code_is_used_once(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        person = await add_person(session, AINO, now)
        secret = await enrol_totp(session, person)
        code = pyotp.TOTP(secret).at(now)
        assert await use_totp(session, person, code, now)
        assert not await use_totp(session, person, code, now + timedelta(seconds=5))


async def test_enrolling_is_a_second_factor(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        person = await add_person(session, AINO, now)
        assert not await has_second_factor(session, person)
        await enrol_totp(session, person)
        assert await has_second_factor(session, person)


async def test_a_new_password_signs_out_everywhere(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        person = await add_person(session, AINO, now)
        session.add(Session(person_id=person.id, token_hash="x", csrf="y", created_at=now, seen_at=now, expires_at=now))
        await session.flush()
        await set_password(session, person, "neljä vihaista norppaa")
        assert await session.scalar(sa.select(sa.func.count()).select_from(Session)) == 0


async def test_there_is_one_stand_in_a_role(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        first = await get_stand_in(session, Role.OPS, now)
        assert (await get_stand_in(session, Role.OPS, now)).id == first.id
        assert first.password_hash == ""
