"""The owner's list, and the unified case."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from api.pages.case_page import Typed, show_case
from api.pages.needs import to_lines
from api.pages.staff import AtDesk
from hub.views.case_list import CaseFilter, list_cases
from hub.views.values import CaseStatus

router = APIRouter(include_in_schema=False)
PAGE = 60
Show = Literal["mine", "all", "solved"]


@router.get("/")
async def show_list(desk: AtDesk, show: Show = "mine", q: str = "", after: int | None = None) -> Response:
    """A search looks through everybody's cases, solved ones too."""
    wanted = CaseFilter(
        owner_id=desk.actor.person_id if show == "mine" and not q else None,
        status=None if q else CaseStatus.SOLVED if show == "solved" else CaseStatus.OPEN,
        q=q.strip() or None,
        limit=PAGE,
        after=after,
    )
    lines = to_lines(await list_cases(desk.session, wanted), desk.house.playbooks, desk.now)
    return await desk.show("cases.html", lines=lines, shown=show, q=q, is_full=len(lines) == PAGE)


@router.get("/cases/{number}")
async def show_one(desk: AtDesk, number: int, draft: bool = False) -> Response:
    return await show_case(desk, number, Typed(wants_draft=draft))
