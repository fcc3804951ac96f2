"""Requests: our tickets at partners' desks, with what is known written in; and their answers, brought to the case."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.automation import Rule, is_stopped, record_decision
from hub.cases import get_case
from hub.chain import Verdict, to_sentence
from hub.database import is_there, nudge
from hub.facts import read_asks
from hub.house import House
from hub.ledger import list_facts, to_known
from hub.letters import DESK_MAY_KNOW, to_answer, to_request, to_text_digest
from hub.pilot import Episode
from hub.ports import Comment, RequestDraft, RequestState, RequestStatus
from hub.post import get_envelope
from hub.tables import (
    ActorKind,
    Case,
    Direction,
    Effect,
    EffectKind,
    EffectState,
    Message,
    Request,
    WorkKind,
)
from hub.timeline import AUTOMATION, record_entry, to_who
from hub.work import plan_work

MOST_ANSWERS = 2  # automatic answers to one request: more would be two robots talking


async def plan_request(
    session: AsyncSession,
    case: Case,
    house: House,
    verdict: Verdict,
    earlier: Episode | None,
    *,
    actor: Actor | None,
    text: str = "",
    now: datetime,
) -> Request:
    """Asks the desk that answers for the broken link. `text` is the asker's own words, else the playbook's."""
    playbook = house.playbooks[case.playbook]
    link = playbook.get_link(verdict.link)
    reason = link.reasons.get(verdict.reason)
    places = {"item": house.to_item_name(verdict.item)}
    ask = text or (reason.request.say(case.language, **places) if reason and reason.request else "")
    envelope = await get_envelope(session, house, case, verdict.item, now)
    known = to_known(await list_facts(session, case.id))
    letter = to_request(envelope, known, to_sentence(verdict, playbook, case.language, places), ask, earlier)
    request = Request(
        case_id=case.id,
        partner=link.fixer,
        purpose=f"{verdict.link}:{verdict.reason}" if actor is None else f"by {actor.name} {now.isoformat()}",
        key=f"luotsi-{case.number}-{link.fixer}-{int(now.timestamp() * 1000)}",
        subject=letter.subject,
        opened_at=now,
        updated_at=now,
    )
    session.add(request)
    await session.flush()
    await _plan_opening(session, case, request, letter.text, house, actor, now)
    return request


async def _plan_opening(
    session: AsyncSession, case: Case, request: Request, text: str, house: House, actor: Actor | None, now: datetime
) -> None:
    draft = RequestDraft(
        key=request.key,
        subject=request.subject,
        text=text,
        requester_name=house.support_name,
        requester_email=house.support_address,
    )
    message = await _record_said(session, request, text, actor, now)
    session.add(
        Effect(
            kind=EffectKind.OPEN_REQUEST,
            key=request.key,
            case_id=case.id,
            party=request.partner,
            automatic=actor is None,
            request_id=request.id,
            message_id=message.id,
            person_id=actor.person_id if actor else None,
            payload=draft.model_dump(mode="json"),
            created_at=now,
            due_at=now,
        )
    )
    who = to_who(actor)
    await record_entry(session, case.id, who, "requested", request.subject, now=now, request=request.id)
    if actor is None:
        await record_decision(session, Rule.REQUEST, request.partner, request.purpose, now=now, case_id=case.id)
    await nudge(session)


async def _record_said(
    session: AsyncSession, request: Request, text: str, actor: Actor | None, now: datetime
) -> Message:
    message = Message(
        case_id=request.case_id,
        direction=Direction.OUTBOUND,
        author_kind=ActorKind.PERSON if actor else ActorKind.AUTOMATION,
        author=actor.name if actor else "Luotsi",
        party=request.partner,
        kind="person" if actor else "automatic",
        subject=request.subject,
        text=text,
        reply=text,
        at=now,
    )
    session.add(message)
    await session.flush()
    return message


async def take_in_state(
    session: AsyncSession, request: Request, state: RequestState, house: House, *, now: datetime
) -> None:
    """What the desk says now: new comments join the case, a question is answered from facts, a solved request
    makes the chain be looked at at once. Reading the same state twice has one effect."""
    case = await get_case(session, request.case_id, lock=True)
    new = [c for c in state.comments if await _record_comment(session, request, c)]
    solved = state.status is RequestStatus.SOLVED and request.status is not RequestStatus.SOLVED
    request.ref, request.status, request.updated_at = state.ref, state.status, state.updated_at
    await session.flush()
    for comment in new:
        who = (ActorKind.PARTNER, comment.author or request.partner)
        await record_entry(session, request.case_id, who, "answered", comment.text[:200], now=now, request=request.id)
    if new and state.status is RequestStatus.PENDING:
        await _answer(session, case, request, new[-1], house, now)
    if (new or solved) and case.solved_at is None:
        await plan_work(session, WorkKind.TRACE, request.case_id, now, case_id=request.case_id, now=now)


async def _record_comment(session: AsyncSession, request: Request, comment: Comment) -> bool:
    """True when it is new to us. Ours are on the case already."""
    digest = f"{request.partner}:{comment.ref}"
    seen = sa.select(sa.literal(1)).where(col(Message.digest) == digest)
    if comment.ours or await is_there(session, seen):
        return False
    session.add(
        Message(
            case_id=request.case_id,
            direction=Direction.INBOUND,
            author_kind=ActorKind.PARTNER,
            author=comment.author,
            party=request.partner,
            subject=request.subject,
            text=comment.text,
            reply=comment.text,
            digest=digest,
            at=comment.at,
        )
    )
    await session.flush()
    return True


async def _answer(
    session: AsyncSession, case: Case, request: Request, comment: Comment, house: House, now: datetime
) -> None:
    """From facts, at once, when all that is asked is known and the desk may know it; else the owner is called."""
    asks = read_asks(comment.text, house.catalogue)
    if not asks:
        return
    known = to_known(await list_facts(session, case.id))
    lacking = [key for key in asks if not known.get(key) or key not in DESK_MAY_KNOW]
    answered = await _count_answers(session, request)
    stopped = await is_stopped(session, Rule.ANSWER_PARTNER, case)
    if lacking or stopped or answered >= MOST_ANSWERS:
        text = f"{request.partner} asks for {', '.join(lacking or asks)}"
        await record_entry(session, case.id, AUTOMATION, "call", text, now=now, request=request.id)
        return
    text = to_answer(asks, known, case.language, house.titles)
    await plan_update(session, case, request, text, actor=None, now=now)
    reason = f"asked for {', '.join(asks)}, which the customer has told already"
    await record_decision(
        session, Rule.ANSWER_PARTNER, "answered", reason, now=now, case_id=case.id, request=request.id
    )


async def plan_update(
    session: AsyncSession, case: Case, request: Request, text: str, *, actor: Actor | None, now: datetime
) -> None:
    """Our comment on our request. The very same words never go to one request twice."""
    recipient, digest = f"{request.partner}:{request.id}", to_text_digest(text)
    same = sa.select(sa.literal(1)).where(col(Effect.recipient) == recipient, col(Effect.text_digest) == digest)
    if await is_there(session, same):
        return
    message = await _record_said(session, request, text, actor, now)
    session.add(
        Effect(
            kind=EffectKind.UPDATE_REQUEST,
            key=f"{request.key}-{message.id}",
            case_id=case.id,
            party=request.partner,
            recipient=recipient,
            text_digest=digest,
            automatic=actor is None,
            request_id=request.id,
            message_id=message.id,
            person_id=actor.person_id if actor else None,
            payload={"text": text},
            created_at=now,
            due_at=now,
        )
    )
    who = to_who(actor)
    await record_entry(session, case.id, who, "wrote_partner", text[:200], now=now, request=request.id)
    await nudge(session)


async def _count_answers(session: AsyncSession, request: Request) -> int:
    ours = sa.select(sa.func.count()).where(
        col(Effect.request_id) == request.id,
        col(Effect.kind) == EffectKind.UPDATE_REQUEST,
        col(Effect.automatic),
        col(Effect.state) != EffectState.WITHDRAWN,
    )
    return await session.scalar(ours) or 0
