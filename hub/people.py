"""The staff: adding people, their passwords and second factors."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub import totp
from hub.errors import Conflict, InvalidInput, NotFound
from hub.passwords import check_password, hash_password
from hub.ports import Value
from hub.tables import Passkey, Person, Role, Session


class NewPerson(Value):
    """Without a password nobody can sign in as this person: one who only acts by an API token."""

    email: str
    name: str
    role: Role
    password: str = ""
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("fi", "en")


async def add_person(session: AsyncSession, new: NewPerson, now: datetime) -> Person:
    """Absent at first. Conflict when the address is taken, InvalidInput for a poor address or password."""
    email = new.email.strip().lower()
    if "@" not in email:
        raise InvalidInput(f"{new.email!r} is not an e-mail address")
    if await find_person(session, email) is not None:
        raise Conflict(f"{email} is there already")
    if new.password:
        check_password(new.password, email)
    person = Person(
        email=email,
        name=new.name,
        role=new.role,
        skills=list(new.skills),
        languages=list(new.languages),
        password_hash=hash_password(new.password) if new.password else "",
        created_at=now,
    )
    session.add(person)
    await session.flush()
    return person


async def find_person(session: AsyncSession, email: str) -> Person | None:
    return await session.scalar(sa.select(Person).where(col(Person.email) == email.strip().lower()))


async def get_person(session: AsyncSession, email: str) -> Person:
    person = await find_person(session, email)
    if person is None or person.disabled_at is not None:
        raise NotFound(f"nobody here has the address {email}")
    return person


async def list_people(session: AsyncSession) -> list[Person]:
    """By name, those who have left and the stand-ins of API tokens too."""
    return list(await session.scalars(sa.select(Person).order_by(col(Person.name), col(Person.id))))


async def get_stand_in(session: AsyncSession, role: Role, now: datetime) -> Person:
    """Whom an API token acts as when it was given to no one: one a role, who cannot sign in."""
    email = f"{role.value}@api.invalid"
    there = await find_person(session, email)
    return there or await add_person(session, NewPerson(email=email, name=f"API ({role.value})", role=role), now)


async def set_password(session: AsyncSession, person: Person, password: str) -> None:
    """Signs the person out everywhere."""
    check_password(password, person.email)
    person.password_hash = hash_password(password)
    session.add(person)
    await session.execute(sa.delete(Session).where(col(Session.person_id) == person.id))


async def enrol_totp(session: AsyncSession, person: Person, secret: str = "") -> str:
    """Sets the authenticator app's secret, a new one unless given, and answers it."""
    person.totp_secret = secret or totp.new_secret()
    person.totp_used_step = 0
    session.add(person)
    await session.flush()
    return person.totp_secret


async def use_totp(session: AsyncSession, person: Person, code: str, now: datetime) -> bool:
    """True once for a right code; the same code again, also at the same moment elsewhere, is refused."""
    step = totp.find_step(person.totp_secret, code, now, person.totp_used_step) if person.totp_secret else None
    if step is None:
        return False
    spend = (
        sa.update(Person)
        .where(col(Person.id) == person.id, col(Person.totp_used_step) < step)
        .values(totp_used_step=step)
        .returning(col(Person.id))
    )
    return await session.scalar(spend) is not None


async def has_second_factor(session: AsyncSession, person: Person) -> bool:
    keys = sa.select(sa.literal(True)).where(col(Passkey.person_id) == person.id).limit(1)
    return bool(person.totp_secret) or bool(await session.scalar(keys))
