"""Problems: the cause behind failures that come back. Owned by a person, closed only on proof."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.chain import Verdict
from hub.errors import Conflict, InvalidInput, NotFound
from hub.owners import pick_owner
from hub.tables import Case, Failure, Problem
from hub.timeline import AUTOMATION, Who, record_entry, to_who


async def open_or_join(
    session: AsyncSession, case: Case, verdict: Verdict, others: Iterable[int], why: str, *, now: datetime
) -> Problem:
    """The one open problem of this (partner, link, reason); its cases are linked to it. A new one goes to the
    owner of the case that showed it, who is a present person."""
    cause = {"partner": verdict.partner, "link": verdict.link, "reason": verdict.reason}
    choice = await pick_owner(session, verdict.partner, case.language, case.owner_id)
    await session.execute(
        insert(Problem)
        .values(**cause, owner_id=choice.person_id, opened_at=now, opened_why=why, cause="", proof="")
        .on_conflict_do_nothing(index_elements=list(cause), index_where=sa.text("closed_at is null"))
    )
    problem = await find_open(session, verdict.partner, verdict.link, verdict.reason)
    assert problem is not None
    await link_cases(session, problem, [case.id, *others], AUTOMATION, now=now)
    return problem


async def find_open(session: AsyncSession, partner: str, link: str, reason: str) -> Problem | None:
    same = sa.select(Problem).filter_by(partner=partner, link=link, reason=reason)
    return await session.scalar(same.where(col(Problem.closed_at).is_(None)))


async def link_cases(
    session: AsyncSession, problem: Problem, case_ids: Iterable[int], who: Who, *, now: datetime
) -> None:
    for case_id in case_ids:
        linked = await session.execute(
            sa.update(Case)
            .where(col(Case.id) == case_id, col(Case.problem_id).is_distinct_from(problem.id))
            .values(problem_id=problem.id)
        )
        if linked.rowcount:  # type: ignore[attr-defined]
            text = f"problem {problem.number}: {problem.partner}, {problem.link}, {problem.reason}"
            await record_entry(session, case_id, who, "problem", text, now=now, problem=problem.number)


async def get_problem(session: AsyncSession, problem_id: int) -> Problem:
    problem = await session.get(Problem, problem_id, with_for_update=True)
    if problem is None:
        raise NotFound(f"no problem with id {problem_id}")
    return problem


async def take(session: AsyncSession, problem_id: int, actor: Actor, *, now: datetime) -> Problem:
    problem = await get_problem(session, problem_id)
    problem.owner_id = actor.person_id
    await _tell_cases(session, problem, actor, f"{actor.name} owns problem {problem.number}", now)
    return problem


async def write_cause(session: AsyncSession, problem_id: int, actor: Actor, cause: str, *, now: datetime) -> Problem:
    """Written once, it reaches every linked case."""
    problem = await get_problem(session, problem_id)
    problem.cause = cause.strip()
    await _tell_cases(session, problem, actor, f"cause of problem {problem.number}: {problem.cause}", now)
    return problem


async def mark_fixed(session: AsyncSession, problem_id: int, actor: Actor, *, now: datetime) -> Problem:
    """Said to be fixed; it stays open until the next deliveries prove it."""
    problem = await get_problem(session, problem_id)
    if not problem.cause:
        raise Conflict("write the cause first: those affected will be told of it")
    problem.fixed_at = now
    await _tell_cases(session, problem, actor, f"problem {problem.number} is said to be fixed", now)
    return problem


async def close(session: AsyncSession, problem_id: int, actor: Actor, proof: str, *, now: datetime) -> Problem:
    """Only after a fix, only on proof, and not where the same failure was seen after the fix."""
    problem = await get_problem(session, problem_id)
    if problem.fixed_at is None:
        raise Conflict("a problem that nobody has fixed cannot be closed")
    if not proof.strip():
        raise InvalidInput("say which later deliveries prove the fix")
    since = sa.select(sa.func.count()).where(
        col(Failure.partner) == problem.partner,
        col(Failure.link) == problem.link,
        col(Failure.reason) == problem.reason,
        col(Failure.at) > problem.fixed_at,
    )
    failed = await session.scalar(since) or 0
    if failed:
        raise Conflict(f"the same failure was seen {failed} times after the fix")
    problem.closed_at, problem.proof = now, proof.strip()
    await _tell_cases(session, problem, actor, f"problem {problem.number} is closed: {problem.proof}", now)
    return problem


async def _tell_cases(session: AsyncSession, problem: Problem, actor: Actor, text: str, now: datetime) -> None:
    linked = sa.select(col(Case.id)).where(col(Case.problem_id) == problem.id)
    for case_id in await session.scalars(linked):
        await record_entry(session, case_id, to_who(actor), "problem", text, now=now, problem=problem.number)
