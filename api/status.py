"""The customer's own page, /s/{token}: no login. The signed link is the right to see, to write and to ask for a
person; it also stands against forged forms, since no other site knows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.limits import Limit, spend_try
from api.depends import Now, Transaction, Uses
from api.pages import render
from hub.automation import wish_person
from hub.customer_page import LONGEST, record_feedback, store_page_message
from hub.links import read_status_token
from hub.views.status import get_status_view

router = APIRouter(prefix="/s/{token}", include_in_schema=False)
HOUR = timedelta(hours=1)


async def read_token(token: str, services: Uses, now: Now) -> int:
    return read_status_token(services.house.secret, token, now)


CaseId = Annotated[int, Depends(read_token)]


async def limit_writing(case_id: CaseId, services: Uses, now: Now) -> None:
    await spend_try(services.database, [Limit(f"page:{case_id}", count=20, window=HOUR)], now)


Limited = Depends(limit_writing)


@router.get("")
async def show(
    request: Request, token: str, case_id: CaseId, session: Transaction, services: Uses, now: Now
) -> Response:
    """`?done=` is what was just done: message, person or feedback."""
    view = await get_status_view(session, case_id, services.house, now)
    done = request.query_params.get("done", "")
    return render(request, "status.html", case=view, language=view.language, token=token, done=done, now=now)


@router.post("/messages", dependencies=[Limited])
async def write(
    token: str,
    case_id: CaseId,
    session: Transaction,
    services: Uses,
    now: Now,
    text: Annotated[str, Form(min_length=1, max_length=LONGEST)],
) -> Response:
    await store_page_message(session, services.house, case_id, text, now=now)
    return _back(token, "message")


@router.post("/person", dependencies=[Limited])
async def ask_person(token: str, case_id: CaseId, session: Transaction, now: Now) -> Response:
    """The automation stops on this case in the same transaction."""
    await wish_person(session, case_id, now=now)
    return _back(token, "person")


@router.post("/feedback", dependencies=[Limited])
async def give_feedback(
    token: str,
    case_id: CaseId,
    session: Transaction,
    now: Now,
    score: Annotated[int, Form(ge=0, le=10)],
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    await record_feedback(session, case_id, score, text, now=now)
    return _back(token, "feedback")


def _back(token: str, done: str) -> Response:
    return RedirectResponse(f"/s/{token}?done={done}", 303)
