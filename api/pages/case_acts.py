"""What the owner does from the case: the same commands as over REST, and back to the page with a word on it."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.auth.caller import CaseHandler
from api.pages.case_page import Typed, show_case
from api.pages.staff import AtDesk, Desk, go_back
from hub import desk as acts
from hub.automation import stop_case
from hub.cases import get_case_by_number
from hub.errors import InvalidInput
from hub.tables import ActorKind

router = APIRouter(prefix="/cases/{number}", include_in_schema=False)
Words = Annotated[str, Form(max_length=50_000)]
Code = Annotated[str, Form(max_length=80)]
Codes = Annotated[tuple[str, ...], Form()]


async def _get_id(desk: Desk, number: int) -> int:
    case = await get_case_by_number(desk.session, number)
    assert case.id is not None
    return case.id


async def _finish(desk: Desk, number: int, act: Awaitable[object], typed: Typed, said: str) -> Response:
    fault = await desk.attempt(act)
    if fault is not None:
        return await show_case(desk, number, replace(typed, fault=fault))
    return go_back(f"/cases/{number}", said)


@router.post("/reply")
async def reply(
    desk: AtDesk,
    _: CaseHandler,
    number: int,
    text: Words = "",
    asks: Codes = (),
    override: Words = "",
) -> Response:
    case_id = await _get_id(desk, number)
    typed = Typed(form="reply", text=text, asks=asks, override=override)
    act = acts.send_reply(desk.session, desk.house, case_id, desk.actor, text, asks, override=override, now=desk.now)
    return await _finish(desk, number, act, typed, "Your reply is on its way.")


@router.post("/solve")
async def solve(desk: AtDesk, _: CaseHandler, number: int, text: Words = "") -> Response:
    case_id = await _get_id(desk, number)
    typed = Typed(form="reply", text=text)
    act = acts.solve(desk.session, desk.house, case_id, desk.actor, text=text, now=desk.now)
    return await _finish(desk, number, act, typed, "Solved. The customer is asked how it went on their page.")


@router.post("/remedies")
async def order(desk: AtDesk, _: CaseHandler, number: int, kind: Code) -> Response:
    case_id = await _get_id(desk, number)
    act = acts.order_remedy(desk.session, desk.house, case_id, desk.actor, kind, now=desk.now)
    return await _finish(desk, number, act, Typed(form="remedies"), "Ordered. What comes of it is told here.")


@router.post("/owner")
async def hand_over(desk: AtDesk, _: CaseHandler, number: int, person_id: Annotated[int, Form()]) -> Response:
    case_id = await _get_id(desk, number)
    act = acts.hand_over(desk.session, case_id, desk.actor, person_id, now=desk.now)
    return await _finish(desk, number, act, Typed(form="owner"), "Handed over.")


@router.post("/notes")
async def note(desk: AtDesk, _: CaseHandler, number: int, text: Words = "") -> Response:
    case_id = await _get_id(desk, number)
    typed = Typed(form="note", text=text)
    if not text.strip():
        return await show_case(desk, number, replace(typed, fault=InvalidInput("there is nothing to keep")))
    act = acts.add_note(desk.session, case_id, desk.actor, text, now=desk.now)
    return await _finish(desk, number, act, typed, "Noted. Only the staff see it.")


@router.post("/partners")
async def ask(desk: AtDesk, _: CaseHandler, number: int, partner: Code, text: Words = "") -> Response:
    case_id = await _get_id(desk, number)
    act = acts.ask_partner(desk.session, desk.house, case_id, desk.actor, partner, text, now=desk.now)
    return await _finish(
        desk, number, act, Typed(form="partner", text=text), "The partner's desk will have it at once."
    )


@router.post("/stop")
async def stop(desk: AtDesk, _: CaseHandler, number: int) -> Response:
    case_id = await _get_id(desk, number)
    who = (ActorKind.PERSON, desk.actor.name)
    act = stop_case(desk.session, case_id, f"{desk.actor.name} took it over", now=desk.now, who=who)
    return await _finish(desk, number, act, Typed(), "The automation does nothing more on this case.")
