"""Cases: the list, the unified case, and what a person does on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.auth.caller import CaseHandler, Reader
from api.depends import Now, Transaction, Uses
from api.rest.answers import PROBLEMS
from api.rest.once import Once, OnceRoute
from hub import desk
from hub.cases import get_case_by_number
from hub.people import find_person, get_person
from hub.ports import Value
from hub.tables import Case
from hub.views.case import get_case_view, to_effect_view, to_message_view
from hub.views.case_list import CaseFilter, CaseRow, list_cases
from hub.views.case_values import CaseView, EffectView, MessageView, RequestView
from hub.views.values import CaseStatus, to_value

router = APIRouter(prefix="/cases", tags=["cases"], responses=PROBLEMS, route_class=OnceRoute, dependencies=[Once])
Words = Annotated[str, Field(min_length=1, max_length=20_000)]


class NewReply(Value):
    """`asks` are the fact keys that the text asks the customer for. `override` is the reason to ask again for what
    is known; it is put on record."""

    text: Words
    asks: tuple[str, ...] = ()
    override: str = ""


class NewRemedy(Value):
    kind: str


class NewOwner(Value):
    """The e-mail address of a colleague who is present."""

    person: str


class Solution(Value):
    """`text` goes to the customer first, where there is one."""

    text: str = Field(default="", max_length=20_000)


class NewRequest(Value):
    partner: str
    text: Words


class NewNote(Value):
    text: Words


class Listing(Value):
    """`owner` is a colleague's e-mail address, or `me`. `after` is the `after` of the page before."""

    owner: str | None = None
    customer: str | None = None
    status: CaseStatus | None = None
    q: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
    after: int | None = None


class CasePage(Value):
    """`after` asks for the next page; null on the last one."""

    cases: tuple[CaseRow, ...]
    after: int | None


async def find_by_number(number: int, session: Transaction) -> Case:
    return await get_case_by_number(session, number)


TheCase = Annotated[Case, Depends(find_by_number)]


@router.get("")
async def list_by_need(session: Transaction, caller: Reader, wanted: Annotated[Listing, Query()]) -> CasePage:
    """What needs its owner first: broken promises, the nearest promise, what awaits a reply, the oldest."""
    owner_id = None
    if wanted.owner == "me":
        owner_id = caller.actor.person_id
    elif wanted.owner:
        person = await find_person(session, wanted.owner)
        owner_id = person.id if person else -1
    rows = await list_cases(session, CaseFilter(owner_id=owner_id, **wanted.model_dump(exclude={"owner"})))
    return CasePage(cases=tuple(rows), after=rows[-1].number if len(rows) == wanted.limit else None)


@router.get("/{number}")
async def show(number: int, caller: Reader, session: Transaction, services: Uses, now: Now) -> CaseView:
    return await get_case_view(session, number, services.house, now)


@router.post("/{number}/replies", status_code=201)
async def reply(
    case: TheCase, caller: CaseHandler, session: Transaction, services: Uses, now: Now, new: NewReply
) -> MessageView:
    """To the customer. 409 `already-known`, with the values, where it asks for what is known."""
    message = await desk.send_reply(
        session, services.house, case.id, caller.actor, new.text, new.asks, override=new.override, now=now
    )
    return to_message_view(message)


@router.post("/{number}/remedies", status_code=201)
async def order_remedy(
    case: TheCase, caller: CaseHandler, session: Transaction, services: Uses, now: Now, new: NewRemedy
) -> EffectView:
    """Done at the partner at once; how it went is seen on the case."""
    effect = await desk.order_remedy(session, services.house, case.id, caller.actor, new.kind, now=now)
    return to_effect_view(effect)


@router.post("/{number}/requests", status_code=201)
async def ask_partner(
    case: TheCase, caller: CaseHandler, session: Transaction, services: Uses, now: Now, new: NewRequest
) -> RequestView:
    """Our ticket at the partner's desk: a comment on the standing one, else a new one with all that is known."""
    house, actor = services.house, caller.actor
    request = await desk.ask_partner(session, house, case.id, actor, new.partner, new.text, now=now)
    return to_value(RequestView, request)


@router.post("/{number}/owner")
async def hand_over(
    case: TheCase, caller: CaseHandler, session: Transaction, services: Uses, now: Now, new: NewOwner
) -> CaseView:
    person = await get_person(session, new.person)
    await desk.hand_over(session, case.id, caller.actor, person.id, now=now)
    return await get_case_view(session, case.number, services.house, now)


@router.post("/{number}/solve")
async def solve(
    case: TheCase, caller: CaseHandler, session: Transaction, services: Uses, now: Now, solution: Solution
) -> CaseView:
    await desk.solve(session, services.house, case.id, caller.actor, text=solution.text, now=now)
    return await get_case_view(session, case.number, services.house, now)


@router.post("/{number}/notes", status_code=201)
async def add_note(
    case: TheCase, caller: CaseHandler, session: Transaction, services: Uses, now: Now, new: NewNote
) -> CaseView:
    """Seen by colleagues only."""
    await desk.add_note(session, case.id, caller.actor, new.text, now=now)
    return await get_case_view(session, case.number, services.house, now)
