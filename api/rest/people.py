"""The staff, and the caller among them."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter
from sqlmodel import col

from api.auth.caller import Caller, Reader
from api.auth.rights import RIGHTS
from api.depends import Now, Transaction
from api.rest.answers import PROBLEMS
from hub import owners
from hub.ports import Value
from hub.tables import Person, Role
from hub.views.values import PersonRef, to_person_ref

router = APIRouter(tags=["people"], responses=PROBLEMS)


class Me(Value):
    """`role` is what the caller acts in; an API token's may be less than its person's."""

    person: PersonRef
    role: Role
    rights: tuple[str, ...]


class PersonView(PersonRef):
    role: Role
    skills: tuple[str, ...]
    languages: tuple[str, ...]


class Presence(Value):
    present: bool


@router.get("/me")
async def show_me(session: Transaction, caller: Reader) -> Me:
    return await _to_me(session, caller)


@router.put("/me/presence")
async def set_presence(session: Transaction, caller: Reader, now: Now, wanted: Presence) -> Me:
    """Going absent hands every open case over at once; 409 where nobody is there to take them."""
    await owners.set_presence(session, caller.actor.person_id, wanted.present, now=now)
    return await _to_me(session, caller)


@router.get("/people")
async def list_people(session: Transaction, caller: Reader) -> list[PersonView]:
    here = sa.select(Person).where(col(Person.disabled_at).is_(None)).order_by(col(Person.name), col(Person.id))
    return [
        PersonView(
            **to_person_ref(p).model_dump(), role=Role(p.role), skills=tuple(p.skills), languages=tuple(p.languages)
        )
        for p in await session.scalars(here)
    ]


async def _to_me(session: Transaction, caller: Caller) -> Me:
    person = await session.get_one(Person, caller.actor.person_id)
    role = caller.actor.role
    return Me(person=to_person_ref(person), role=role, rights=tuple(sorted(r.name.lower() for r in RIGHTS[role])))
