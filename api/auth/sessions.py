"""Browser sessions. The cookie's value is random and kept only as a hash; times are counted by the hub's clock."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.responses import Response

from hub.tables import Person, Session

LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=1)  # not every request writes
UNFINISHED = timedelta(minutes=10)  # between the password and the second factor


def cookie_name(https: bool, name: str = "luotsi") -> str:
    return f"__Host-{name}" if https else name


def set_cookie(response: Response, name: str, value: str, *, https: bool, max_age: int | None = None) -> None:
    response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="lax", secure=https, path="/")


async def open_session(session: AsyncSession, person_id: int, now: datetime, *, whole: bool = False) -> str:
    """The cookie's value. Not `whole` until the second factor is given."""
    token = secrets.token_urlsafe(32)
    row = Session(
        person_id=person_id,
        token_hash=_hash(token),
        csrf=secrets.token_urlsafe(32),
        created_at=now,
        seen_at=now,
        expires_at=now + (LONGEST if whole else UNFINISHED),
        second_factor_at=now if whole else None,
    )
    session.add(row)
    await session.flush()
    return token


async def find_session(
    session: AsyncSession, token: str, now: datetime, *, by_person: bool = True
) -> tuple[Session, Person] | None:
    """None when it is over, has idled, or its person has left. What the page does by itself is not `by_person`, and
    keeps no session awake."""
    found = await session.execute(
        sa.select(Session, Person)
        .join(Person, col(Person.id) == col(Session.person_id))
        .where(col(Session.token_hash) == _hash(token), col(Person.disabled_at).is_(None))
        .where(col(Session.expires_at) > now, col(Session.seen_at) > now - IDLE)
    )
    row = found.one_or_none()
    if row is None:
        return None
    if by_person and row[0].seen_at < now - SEEN_EVERY:
        row[0].seen_at = now
    return row[0], row[1]


async def rotate_session(session: AsyncSession, old: Session, now: datetime) -> str:
    """After the second factor: a new, whole session; the unfinished one ends."""
    await close_session(session, old)
    return await open_session(session, old.person_id, now, whole=True)


async def close_session(session: AsyncSession, row: Session) -> None:
    await session.execute(sa.delete(Session).where(col(Session.id) == row.id))


async def sweep_sessions(session: AsyncSession, now: datetime) -> None:
    over = sa.or_(col(Session.expires_at) <= now, col(Session.seen_at) <= now - IDLE)
    await session.execute(sa.delete(Session).where(over))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
