"""Problems: their list, and one with its cases, its cause, its proof."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.auth.caller import ProblemHandler
from api.pages.bars import to_bars
from api.pages.staff import AtDesk, Desk, go_back
from hub import problems as acts
from hub.errors import LuotsiError
from hub.views.problems import get_problem_view, list_problems, list_weeks

router = APIRouter(prefix="/problems", include_in_schema=False)
Words = Annotated[str, Form(max_length=10_000)]


@router.get("")
async def show_list(desk: AtDesk) -> Response:
    rows = await list_problems(desk.session)
    return await desk.show("problems.html", rows=rows)


@router.get("/{number}")
async def show_one(desk: AtDesk, number: int) -> Response:
    return await _show(desk, number)


async def _show(
    desk: Desk, number: int, *, fault: LuotsiError | None = None, cause: str = "", proof: str = ""
) -> Response:
    problem = await get_problem_view(desk.session, number)
    weeks = await list_weeks(desk.session, problem, desk.now)
    typed = {"fault": fault, "cause": cause or problem.cause, "proof": proof}
    status = 422 if fault else 200
    return await desk.show("problem.html", status=status, problem=problem, weeks=weeks, bars=to_bars(weeks), **typed)


async def _get_id(desk: Desk, number: int) -> int:
    return (await get_problem_view(desk.session, number)).id


async def _finish(desk: Desk, number: int, act: Awaitable[object], said: str, **typed: str) -> Response:
    fault = await desk.attempt(act)
    if fault is not None:
        return await _show(desk, number, fault=fault, **typed)
    return go_back(f"/problems/{number}", said)


@router.post("/{number}/take")
async def take(desk: AtDesk, _: ProblemHandler, number: int) -> Response:
    act = acts.take(desk.session, await _get_id(desk, number), desk.actor, now=desk.now)
    return await _finish(desk, number, act, "The problem is yours.")


@router.post("/{number}/cause")
async def write_cause(desk: AtDesk, _: ProblemHandler, number: int, cause: Words = "") -> Response:
    act = acts.write_cause(desk.session, await _get_id(desk, number), desk.actor, cause, now=desk.now)
    return await _finish(desk, number, act, "The cause is written on every case.", cause=cause)


@router.post("/{number}/fixed")
async def mark_fixed(desk: AtDesk, _: ProblemHandler, number: int) -> Response:
    act = acts.mark_fixed(desk.session, await _get_id(desk, number), desk.actor, now=desk.now)
    return await _finish(desk, number, act, "Said to be fixed. The next deliveries will show.")


@router.post("/{number}/close")
async def close(desk: AtDesk, _: ProblemHandler, number: int, proof: Words = "") -> Response:
    act = acts.close(desk.session, await _get_id(desk, number), desk.actor, proof, now=desk.now)
    return await _finish(desk, number, act, "Closed, on proof.", proof=proof)
