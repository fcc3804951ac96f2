"""Who owns a case: one present person, the earlier owner of the same matter first, else the most able."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.errors import Conflict
from hub.ports import Value
from hub.tables import Case, Person, Promise, Role
from hub.timeline import AUTOMATION, Who, record_entry


class Candidate(Value):
    """A present member of staff. `open_cases` is how many they own now."""

    person_id: int
    name: str
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    open_cases: int = 0


class Choice(Value):
    person_id: int
    name: str
    why: str


def choose_owner(
    candidates: Sequence[Candidate], skill: str, language: str, previous: int | None = None
) -> Choice | None:
    """Pure. The one who had this customer's matter before; else who speaks the language and knows the chain, the
    one with the least load first. None when nobody is present."""
    for candidate in candidates:
        if candidate.person_id == previous:
            return Choice(person_id=previous, name=candidate.name, why="owned this customer's matter before")
    if not candidates:
        return None
    best = min(candidates, key=lambda c: (-_ability(c, skill, language), c.open_cases, c.person_id))
    return Choice(person_id=best.person_id, name=best.name, why=_why(best, skill, language))


def _ability(candidate: Candidate, skill: str, language: str) -> int:
    return 2 * (language in candidate.languages) + (skill in candidate.skills)


def _why(chosen: Candidate, skill: str, language: str) -> str:
    known = [word for word, knows in ((language, chosen.languages), (skill, chosen.skills)) if word in knows]
    able = f"knows {' and '.join(known)}, " if known else ""
    return f"{able}{chosen.open_cases} open cases"


async def list_candidates(session: AsyncSession) -> list[Candidate]:
    """All who are present and may own cases; ops people watch the machine and own none."""
    load = sa.func.count(col(Case.id)).filter(col(Case.solved_at).is_(None))
    rows = await session.execute(
        sa.select(Person, load)
        .outerjoin(Case, col(Case.owner_id) == col(Person.id))
        .where(col(Person.present), col(Person.disabled_at).is_(None), col(Person.role) != Role.OPS)
        .group_by(col(Person.id))
        .order_by(col(Person.id))
    )
    return [
        Candidate(
            person_id=person.id,
            name=person.name,
            skills=frozenset(person.skills),
            languages=frozenset(person.languages),
            open_cases=cases,
        )
        for person, cases in rows
    ]


async def pick_owner(
    session: AsyncSession, skill: str, language: str, previous: int | None = None, *, but_not: int | None = None
) -> Choice:
    """Conflict when nobody is present: what came in stays stored and is tried again."""
    present = [c for c in await list_candidates(session) if c.person_id != but_not]
    choice = choose_owner(present, skill, language, previous)
    if choice is None:
        raise Conflict("nobody is present to own a case")
    return choice


async def set_owner(session: AsyncSession, case: Case, choice: Choice, who: Who, *, now: datetime) -> None:
    """What the case still promises is theirs to keep."""
    case.owner_id = choice.person_id
    open_ones = sa.update(Promise).where(col(Promise.case_id) == case.id, col(Promise.outcome).is_(None))
    await session.execute(open_ones.values(keeper_id=choice.person_id))
    await record_entry(session, case.id, who, "owner", f"{choice.name}: {choice.why}", now=now)


async def set_presence(session: AsyncSession, person_id: int, present: bool, *, now: datetime) -> None:
    """Going absent hands every open case over in the same transaction. Conflict when nobody could take them."""
    person = await session.get_one(Person, person_id, with_for_update=True)
    person.present = present
    await session.flush()
    if present:
        return
    for case in await _list_open_cases(session, person_id):
        choice = await pick_owner(session, case.playbook, case.language, but_not=person_id)
        why = Choice(person_id=choice.person_id, name=choice.name, why=f"{person.name} is away; {choice.why}")
        await set_owner(session, case, why, AUTOMATION, now=now)
        await session.flush()


async def _list_open_cases(session: AsyncSession, person_id: int) -> list[Case]:
    mine = sa.select(Case).where(col(Case.owner_id) == person_id, col(Case.solved_at).is_(None))
    return list(await session.scalars(mine.order_by(col(Case.id)).with_for_update()))
