"""Signing in: a password, then a second factor; without one yet, an authenticator app is enrolled first."""

from __future__ import annotations

import asyncio
from typing import Annotated

import segno
import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.responses import Response

from api.auth.browsers import list_limits
from api.auth.caller import check_same_origin, is_https
from api.auth.limits import spend_try
from api.auth.sessions import close_session, cookie_name, open_session, sweep_sessions
from api.auth.visit import Visit, Visiting, go_to, set_session, to_local
from api.depends import Now, Uses
from api.pages import render
from hub.errors import Conflict
from hub.passwords import is_password
from hub.people import enrol_totp, find_person, has_second_factor, use_totp
from hub.tables import Passkey, Person
from hub.totp import find_step, new_secret, to_uri

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=400)]
WRONG_PASSWORD = "The address or the password is not right."
WRONG_CODE = "The code is not right, or it has been used already."


@router.get("/sign-in")
async def show_sign_in(request: Request, next: str = "/") -> Response:
    return render(request, "sign_in.html", next=to_local(next))


@router.post("/sign-in")
async def sign_in(
    request: Request, services: Uses, now: Now, email: Text, password: Text, next: Text = "/"
) -> Response:
    check_same_origin(request, services)
    account = email.strip().lower()
    await spend_try(services.database, list_limits(request, services, account), now)
    async with services.database.transaction() as session:
        person = await _find_who(session, account, password)
        if person is None:
            return render(request, "sign_in.html", status=401, fault=WRONG_PASSWORD, email=email, next=to_local(next))
        await sweep_sessions(session, now)
        token = await open_session(session, person.id, now)
        step = "second" if await has_second_factor(session, person) else "enrol"
    answer = go_to(f"/sign-in/{step}", next)
    set_session(answer, services, token)
    return answer


async def _find_who(session: AsyncSession, email: str, password: str) -> Person | None:
    """The same work is done whether the person exists or not."""
    person = await find_person(session, email)
    kept = person.password_hash if person and person.disabled_at is None else ""
    return person if await asyncio.to_thread(is_password, kept, password) else None


@router.get("/sign-in/second")
async def show_second_factor(visit: Visiting, next: str = "/") -> Response:
    return await _ask_second_factor(visit, next)


@router.post("/sign-in/second")
async def give_second_factor(visit: Visiting, code: Text, next: Text = "/") -> Response:
    await visit.spend_try()
    if await use_totp(visit.session, visit.person, code, visit.now):
        return go_to(to_local(next), answer=await visit.let_in())
    return await _ask_second_factor(visit, next, status=401, fault=WRONG_CODE)


@router.get("/sign-in/enrol")
async def show_enrolment(visit: Visiting, next: str = "/") -> Response:
    await _check_may_enrol(visit)
    visit.row.challenge = visit.row.challenge or new_secret()
    return _ask_enrolment(visit, next)


@router.post("/sign-in/enrol")
async def enrol(visit: Visiting, code: Text, next: Text = "/") -> Response:
    await _check_may_enrol(visit)
    await visit.spend_try()
    secret = visit.row.challenge
    step = find_step(secret, code, visit.now) if secret else None
    if step is None:
        return _ask_enrolment(visit, next, status=401, fault=WRONG_CODE)
    await enrol_totp(visit.session, visit.person, secret)
    visit.person.totp_used_step = step
    return go_to(to_local(next), answer=await visit.let_in())


@router.post("/sign-out")
async def sign_out(visit: Visiting) -> Response:
    await close_session(visit.session, visit.row)
    answer = go_to("/sign-in")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    https = is_https(visit.services)
    answer.delete_cookie(cookie_name(https), path="/", secure=https, httponly=True, samesite="lax")
    return answer


async def _check_may_enrol(visit: Visit) -> None:
    """A password alone does not replace a second factor that is there."""
    if await has_second_factor(visit.session, visit.person):
        raise Conflict("a second factor is there already")


async def _ask_second_factor(visit: Visit, next: str, *, status: int = 200, fault: str = "") -> Response:
    mine = sa.select(sa.func.count(col(Passkey.id))).where(col(Passkey.person_id) == visit.person.id)
    return render(
        visit.request,
        "second_factor.html",
        status=status,
        fault=fault,
        csrf=visit.row.csrf,
        has_code=bool(visit.person.totp_secret),
        has_passkey=bool(await visit.session.scalar(mine)),
        next=to_local(next),
    )


def _ask_enrolment(visit: Visit, next: str, *, status: int = 200, fault: str = "") -> Response:
    secret = visit.row.challenge
    picture = segno.make(to_uri(secret, visit.person.email), error="m").svg_inline(scale=5, border=2)
    words = {"csrf": visit.row.csrf, "secret": secret, "picture": picture, "next": to_local(next)}
    return render(visit.request, "enrol.html", status=status, fault=fault, **words)
