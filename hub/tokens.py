"""API tokens: shown once, kept as a hash, each acting as one person in one role."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.errors import NotFound
from hub.people import get_stand_in
from hub.tables import ApiToken, Person, Role

PREFIX = "luotsi_"  # so that a leaked one is recognised


async def add_token(session: AsyncSession, role: Role, label: str, now: datetime, person_id: int | None = None) -> str:
    """The token itself; it cannot be read again. Given to no one, it acts as the role's stand-in."""
    if person_id is None:
        person_id = (await get_stand_in(session, role, now)).id
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=hash_token(token), role=role, label=label, person_id=person_id, created_at=now))
    await session.flush()
    return token


async def find_token_actor(session: AsyncSession, token: str) -> Actor | None:
    """None for one that is unknown, revoked, or whose person has left."""
    found = await session.execute(
        sa.select(Person, ApiToken)
        .join(ApiToken, col(ApiToken.person_id) == Person.id)
        .where(
            col(ApiToken.token_hash) == hash_token(token),
            col(ApiToken.revoked_at).is_(None),
            col(Person.disabled_at).is_(None),
        )
    )
    row = found.one_or_none()
    return Actor(person_id=row[0].id, name=row[0].name, role=row[1].role) if row else None


async def list_tokens(session: AsyncSession) -> list[tuple[ApiToken, Person]]:
    """Oldest first, each with whom it acts as."""
    rows = await session.execute(
        sa.select(ApiToken, Person).join(Person, col(Person.id) == ApiToken.person_id).order_by(col(ApiToken.id))
    )
    return [(token, person) for token, person in rows]


async def revoke_token(session: AsyncSession, token_id: int, now: datetime) -> ApiToken:
    """From this commit on it opens nothing. NotFound for one that is not there; again is no error."""
    token = await session.get(ApiToken, token_id, with_for_update=True)
    if token is None:
        raise NotFound(f"there is no token {token_id}")
    token.revoked_at = token.revoked_at or now
    return token


def hash_token(token: str) -> str:
    """Plain SHA-256: a token holds 256 random bits, so nothing is gained by a slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
