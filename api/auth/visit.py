"""A browser on its way in: its session, its person, and how it gets through the door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse, Response

from api.auth.browsers import list_limits, remember_browser
from api.auth.caller import SignedIn, is_https
from api.auth.limits import Limit, forget_tries, spend_try
from api.auth.sessions import cookie_name, rotate_session, set_cookie
from api.depends import Now, Transaction, Uses
from api.services import Services
from hub.tables import Person, Session


@dataclass(frozen=True)
class Visit:
    """`row` may still lack its second factor."""

    request: Request
    services: Services
    session: AsyncSession
    now: datetime
    row: Session
    person: Person

    @property
    def limits(self) -> Iterable[Limit]:
        """What a try of the second factor counts against."""
        return list_limits(self.request, self.services, f"{self.person.email}:second")

    async def spend_try(self) -> None:
        await spend_try(self.services.database, self.limits, self.now)

    async def let_in(self) -> Response:
        """Both factors are given: a new session, and this browser is known from now on. The answer goes nowhere yet."""
        await forget_tries(self.session, self.limits)
        await forget_tries(self.session, list_limits(self.request, self.services, self.person.email))
        answer = Response(status_code=204)
        set_session(answer, self.services, await rotate_session(self.session, self.row, self.now))
        remember_browser(answer, self.services, self.person.email)
        return answer


async def get_visit(request: Request, services: Uses, session: Transaction, now: Now, signed_in: SignedIn) -> Visit:
    return Visit(request, services, session, now, *signed_in)


Visiting = Annotated[Visit, Depends(get_visit)]


def set_session(answer: Response, services: Services, token: str) -> None:
    https = is_https(services)
    set_cookie(answer, cookie_name(https), token, https=https)


def to_local(next: str) -> str:
    """Only a path of ours: nobody is sent elsewhere after signing in."""
    return next if next.startswith("/") and not next.startswith(("//", "/\\")) and next.isprintable() else "/"


def go_to(path: str, next: str = "", answer: Response | None = None) -> Response:
    """A redirect that carries on the cookies of `answer`."""
    to = RedirectResponse(f"{path}?next={quote(to_local(next))}" if next else path, 303)
    to.raw_headers.extend(h for h in (answer.raw_headers if answer else []) if h[0] == b"set-cookie")
    return to
