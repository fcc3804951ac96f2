"""The unified case put together: what is known, what is next, what was said and done, and the ways to act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.pages.chain_picture import draw
from api.pages.known import group_facts, to_known_lines
from api.pages.next_step import list_open_promises, list_steps
from api.pages.staff import Desk
from api.pages.timeline import to_timeline
from hub.cases import get_case
from hub.chain import State
from hub.errors import AlreadyKnown, LuotsiError
from hub.house import House
from hub.ledger import SINGLE
from hub.letters import to_draft
from hub.owners import list_candidates
from hub.pilot import Call, find_recurrence
from hub.playbooks import Playbook
from hub.post import get_envelope
from hub.recurrence import list_episodes
from hub.views.case import get_case_view
from hub.views.case_values import CaseView
from hub.views.remedies import list_remedies

ASKABLE = ("publication", "issue", "app", "device", "account_email", "order_number", "error_text", "steps_tried")
STATUS_OF_FAULT = 422
STATUS_OF_KNOWN = 409


@dataclass(frozen=True)
class Typed:
    """What was typed and could not be taken, so that nothing of it is lost. `form` says where it stands."""

    form: str = ""
    text: str = ""
    asks: tuple[str, ...] = ()
    override: str = ""
    fault: LuotsiError | None = None
    wants_draft: bool = False


async def show_case(desk: Desk, number: int, typed: Typed) -> Response:
    house, session, now = desk.house, desk.session, desk.now
    case = await get_case_view(session, number, house, now)
    playbook = house.playbooks[case.playbook]
    verdict = case.trace.verdict if case.trace else None
    cause = (verdict.link, verdict.reason) if verdict and verdict.state is State.BROKEN else None
    draft = await find_draft(session, house, case, now)
    return await desk.show(
        "case.html",
        status=_to_status(typed.fault),
        case=case,
        typed=typed,
        text=draft if typed.wants_draft and not typed.text else typed.text,
        draft=draft,
        steps=list_steps(case),
        promises=list_open_promises(case),
        nodes=draw(case.trace, case.customer.name or "Customer") if case.trace else (),
        remedies=await list_remedies(session, case.id, playbook, cause, now),
        facts=group_facts(case, house.titles),
        days=to_timeline(case, house.zone),
        colleagues=[c for c in await list_candidates(session) if c.person_id != case.owner.id],
        desks=_list_desks(playbook),
        askable=sorted({*ASKABLE, *SINGLE}),
        already=to_known_lines(typed.fault, case, house.titles),
        **_stand(case),
    )


def _stand(case: CaseView) -> dict[str, Any]:
    return {"is_open": case.solved_at is None, "is_stopped": case.stopped_at is not None}


def _to_status(fault: LuotsiError | None) -> int:
    if fault is None:
        return 200
    return STATUS_OF_KNOWN if isinstance(fault, AlreadyKnown) else STATUS_OF_FAULT


def _list_desks(playbook: Playbook) -> list[str]:
    return list(dict.fromkeys(link.fixer for link in playbook.links))


async def find_draft(session: AsyncSession, house: House, case: CaseView, now: Any) -> str:
    """A first wording for what the owner was called for; empty where there is none."""
    called = next((e.text for e in reversed(case.entries) if e.kind == "call"), "")
    if called not in list(Call) or case.trace is None or case.solved_at is not None:
        return ""
    row = await get_case(session, case.id)
    earlier = find_recurrence(await list_episodes(session, row), case.trace.verdict)
    envelope = await get_envelope(session, house, row, case.trace.item, now)
    return to_draft(Call(called), envelope, earlier)
