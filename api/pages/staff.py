"""What every page of the staff has in common: who looks, the time, a word on what was just done."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse, Response

from api.auth.caller import Caller, Reader
from api.auth.rights import Right
from api.depends import Now, Transaction, Uses
from api.pages import render, words
from api.pages.moments import When
from api.services import Services
from hub.actors import Actor
from hub.errors import LuotsiError
from hub.house import House
from hub.tables import Person

FLASH = "luotsi_flash"
FLASH_SECONDS = 60


@dataclass(frozen=True)
class Desk:
    """One request of a member of staff: all that a page or a form needs."""

    request: Request
    services: Services
    session: AsyncSession
    now: datetime
    caller: Caller

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @property
    def house(self) -> House:
        return self.services.house

    async def show(self, template: str, *, status: int = 200, **more: Any) -> Response:
        viewer = await self.session.get_one(Person, self.actor.person_id)
        flash = unquote(self.request.cookies.get(FLASH, ""))
        common = {
            "viewer": viewer,
            "csrf": self.caller.csrf,
            "when": When(self.now, self.house.zone),
            "words": words,
            "may": self.caller.may,
            "Right": Right,
            "flash": flash,
        }
        answer = render(self.request, template, status=status, **common, **more)
        if flash:
            answer.delete_cookie(FLASH)
        return answer

    async def attempt(self, act: Awaitable[object]) -> LuotsiError | None:
        """Does it, or undoes all of it and tells why not, so that the page can say so beside what was typed."""
        try:
            async with self.session.begin_nested():
                await act
        except LuotsiError as error:
            return error
        return None


def go_back(to: str, said: str) -> Response:
    """After a form: the page again, with a word on what was done."""
    answer = RedirectResponse(to, 303)
    answer.set_cookie(FLASH, quote(said), max_age=FLASH_SECONDS, httponly=True, samesite="lax")
    return answer


async def get_desk(request: Request, services: Uses, session: Transaction, now: Now, caller: Reader) -> Desk:
    return Desk(request, services, session, now, caller)


AtDesk = Annotated[Desk, Depends(get_desk)]
