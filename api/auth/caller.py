"""Who calls: an API token, or a browser signed in with both factors, whose unsafe calls carry a CSRF token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.auth.rights import RIGHTS, Right, check_right
from api.auth.sessions import cookie_name, find_session
from api.depends import Now, Transaction, Uses
from api.problem_details import NotSignedIn
from api.services import Services
from hub.actors import Actor
from hub.errors import NotAllowed
from hub.tables import Person, Role, Session
from hub.tokens import find_token_actor

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """`csrf` is what the page's forms and scripts send back; empty for an API token."""

    actor: Actor
    csrf: str = ""
    session_id: int | None = None

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.actor.role]


async def get_caller(request: Request, session: Transaction, services: Uses, now: Now) -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        actor = await find_token_actor(session, token.strip())
        if actor is None:
            raise NotSignedIn("this API token is not valid")
        return Caller(actor)
    row, person = await get_signed_in(request, session, services, now)
    if row.second_factor_at is None:
        raise NotSignedIn("the second factor is missing")
    actor = Actor(person_id=row.person_id, name=person.name, role=Role(person.role))
    return Caller(actor, row.csrf, row.id)


async def get_signed_in(request: Request, session: Transaction, services: Uses, now: Now) -> tuple[Session, Person]:
    """The browser's session, also one whose second factor is still to come."""
    token = request.cookies.get(cookie_name(is_https(services)), "")
    by_person = request.url.path != "/live"
    found = await find_session(session, token, now, by_person=by_person) if token else None
    if found is None:
        raise NotSignedIn("not signed in, or signed out by time")
    if request.method not in SAFE:
        check_same_origin(request, services)
        await _check_csrf(request, found[0].csrf)
    return found


def is_https(services: Services) -> bool:
    return services.house.public_url.startswith("https://")


def check_same_origin(request: Request, services: Services) -> None:
    """What a browser says of itself: a form of another site is refused, also before anyone is signed in."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    ours = {request.headers.get("Host", ""), urlsplit(services.house.public_url).netloc}
    if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc not in ours):
        raise NotAllowed("this came from another site")


async def _check_csrf(request: Request, expected: str) -> None:
    given = request.headers.get("X-CSRF-Token")
    if given is None and "form" in request.headers.get("Content-Type", ""):
        given = str((await request.form()).get("csrf", ""))
    if not hmac.compare_digest((given or "").encode(), expected.encode()):
        raise NotAllowed("the form is out of date; load the page again")


SignedIn = Annotated[tuple[Session, Person], Depends(get_signed_in)]
AnyCaller = Annotated[Caller, Depends(get_caller)]


def having(right: Right) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: AnyCaller) -> Caller:
        check_right(caller.actor.role, right)
        return caller

    return check


Reader = Annotated[Caller, Depends(having(Right.READ))]
CaseHandler = Annotated[Caller, Depends(having(Right.HANDLE_CASES))]
ProblemHandler = Annotated[Caller, Depends(having(Right.HANDLE_PROBLEMS))]
OpsReader = Annotated[Caller, Depends(having(Right.READ_OPS))]
Judge = Annotated[Caller, Depends(having(Right.JUDGE))]
Stopper = Annotated[Caller, Depends(having(Right.STOP))]
Lifter = Annotated[Caller, Depends(having(Right.LIFT))]
