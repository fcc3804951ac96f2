"""Problems: the causes behind recurring failures."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from api.auth.caller import ProblemHandler, Reader
from api.depends import Now, Transaction
from api.rest.answers import PROBLEMS
from hub import problems
from hub.ports import Value
from hub.views.problems import ProblemRow, ProblemView, get_problem_view, list_problems

router = APIRouter(prefix="/problems", tags=["problems"], responses=PROBLEMS)


class ProblemChange(Value):
    """What is given is done, in this order: `take` makes it the caller's own, `cause` is written once for every
    linked case, `fixed` says so and starts the proof, `proof` closes it."""

    take: bool = False
    cause: str | None = Field(default=None, min_length=1, max_length=5_000)
    fixed: bool = False
    proof: str | None = Field(default=None, min_length=1, max_length=5_000)


@router.get("")
async def list_all(session: Transaction, caller: Reader, open: bool | None = None) -> list[ProblemRow]:
    return await list_problems(session, is_open=open)


@router.get("/{number}")
async def show(number: int, session: Transaction, caller: Reader) -> ProblemView:
    return await get_problem_view(session, number)


@router.patch("/{number}")
async def change(
    number: int, session: Transaction, caller: ProblemHandler, now: Now, wanted: ProblemChange
) -> ProblemView:
    problem = await get_problem_view(session, number)
    if wanted.take:
        await problems.take(session, problem.id, caller.actor, now=now)
    if wanted.cause is not None:
        await problems.write_cause(session, problem.id, caller.actor, wanted.cause, now=now)
    if wanted.fixed:
        await problems.mark_fixed(session, problem.id, caller.actor, now=now)
    if wanted.proof is not None:
        await problems.close(session, problem.id, caller.actor, wanted.proof, now=now)
    return await get_problem_view(session, number)
