"""What a member of staff does on a case. Every way to the customer by hand passes `send_reply`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.actors import Actor
from hub.cases import get_case
from hub.chain import State, Verdict
from hub.errors import AlreadyKnown, Conflict, InvalidInput, NotFound
from hub.facts import read_asks
from hub.house import House
from hub.ledger import find_known, list_facts, to_known
from hub.letters import to_reply
from hub.outbox import OPEN_STATES
from hub.owners import Choice, list_candidates, set_owner
from hub.ports import RequestStatus
from hub.post import get_envelope, plan_mail
from hub.promises import list_open, make_promise, settle_promises
from hub.recurrence import list_episodes
from hub.remedying import check_limit, plan_remedy
from hub.requesting import plan_request, plan_update
from hub.tables import Case, Effect, EffectKind, Message, PromiseOutcome, Request
from hub.timeline import record_entry, to_who
from hub.tracing import find_latest_trace


async def send_reply(
    session: AsyncSession,
    house: House,
    case_id: int,
    actor: Actor,
    text: str,
    asks: Sequence[str] = (),
    *,
    override: str = "",
    now: datetime,
) -> Message:
    """AlreadyKnown when the text asks, by its declared `asks` or in its own words, for what is known. `override` is
    the writer's reason to send it all the same; it is on record."""
    if not text.strip():
        raise InvalidInput("there is nothing to send")
    case = await get_case(session, case_id, lock=True)
    known = to_known(await list_facts(session, case_id))
    asked_for = find_known([*asks, *read_asks(text, house.catalogue)], known)
    if asked_for and not override.strip():
        raise AlreadyKnown(asked_for)
    if asked_for:
        why = f"asked again for {', '.join(sorted(asked_for))}: {override.strip()}"
        await record_entry(session, case_id, to_who(actor), "asked_twice", why, now=now)
    trace = await find_latest_trace(session, case_id)
    envelope = await get_envelope(session, house, case, trace.item if trace else None, now)
    letter = to_reply(envelope.model_copy(update={"owner": actor.name}), text)
    message = await plan_mail(session, house, case, letter, author=actor, now=now)
    who = to_who(actor)
    await record_entry(session, case_id, who, "replied", text[:200], now=now, message=message.id)
    await settle_promises(session, case_id, ["news"], PromiseOutcome.KEPT, now=now)
    return message


async def order_remedy(
    session: AsyncSession, house: House, case_id: int, actor: Actor, kind: str, *, now: datetime
) -> Effect:
    """At once, from the case, within the playbook's limits. One that mends the broken link promises that it arrives."""
    case = await get_case(session, case_id, lock=True)
    playbook = house.playbooks[case.playbook]
    if kind not in playbook.remedies:
        raise NotFound(f"no remedy is called {kind}; there are {', '.join(playbook.remedies)}")
    await check_limit(session, case, kind, playbook.remedies[kind], now)
    verdict = await _get_verdict(session, case)
    reason = playbook.get_link(verdict.link).reasons.get(verdict.reason) if verdict.state is State.BROKEN else None
    if reason and kind in reason.remedies:
        await make_promise(session, case, playbook, "arrival", house.to_item_name(verdict.item), now=now)
    return await plan_remedy(session, case, house, kind, verdict, actor=actor, now=now)


async def ask_partner(
    session: AsyncSession, house: House, case_id: int, actor: Actor, partner: str, text: str, *, now: datetime
) -> Request:
    """Writes on our open request at this desk, or opens one with all that is known written in."""
    case = await get_case(session, case_id, lock=True)
    standing = await _find_request(session, case_id, partner)
    if standing is not None:
        await plan_update(session, case, standing, text, actor=actor, now=now)
        return standing
    verdict = await _get_verdict(session, case)
    playbook = house.playbooks[case.playbook]
    if partner not in {link.fixer for link in playbook.links}:
        raise NotFound(f"{partner} has no desk in this chain")
    if not verdict.link:
        verdict = verdict.model_copy(update={"link": playbook.links[-1].id})
    earlier = next(iter(reversed(await list_episodes(session, case))), None)
    return await plan_request(session, case, house, verdict, earlier, actor=actor, text=text, now=now)


async def _find_request(session: AsyncSession, case_id: int, partner: str) -> Request | None:
    """Open there, or on its way. One whose opening was refused or withdrawn can take no words."""
    opening = sa.select(col(Effect.request_id)).where(
        col(Effect.kind) == EffectKind.OPEN_REQUEST, col(Effect.state).in_(OPEN_STATES)
    )
    theirs = sa.select(Request).where(
        col(Request.case_id) == case_id,
        col(Request.partner) == partner,
        col(Request.status) != RequestStatus.SOLVED,
        sa.or_(col(Request.ref).is_not(None), col(Request.id).in_(opening)),
    )
    return await session.scalar(theirs.order_by(col(Request.id).desc()).limit(1))


async def hand_over(session: AsyncSession, case_id: int, actor: Actor, to_person_id: int, *, now: datetime) -> None:
    """To a present colleague; the case is never without an owner in between."""
    case = await get_case(session, case_id, lock=True)
    chosen = next((c for c in await list_candidates(session) if c.person_id == to_person_id), None)
    if chosen is None:
        raise Conflict("that person is not present, and an open case has a present owner")
    choice = Choice(person_id=chosen.person_id, name=chosen.name, why=f"handed over by {actor.name}")
    await set_owner(session, case, choice, to_who(actor), now=now)


async def solve(
    session: AsyncSession, house: House, case_id: int, actor: Actor, *, text: str = "", now: datetime
) -> None:
    """`text` goes to the customer first, and keeps the promise of news. What is promised still is withdrawn."""
    case = await get_case(session, case_id, lock=True)
    if case.solved_at is not None:
        raise Conflict(f"case {case.number} is solved already")
    if text.strip():
        await send_reply(session, house, case_id, actor, text, now=now)
    kinds = [promise.kind for promise in await list_open(session, case_id)]
    await settle_promises(session, case_id, kinds, PromiseOutcome.WITHDRAWN, now=now)
    case.solved_at = now
    await record_entry(session, case_id, to_who(actor), "solved", "", now=now)


async def add_note(session: AsyncSession, case_id: int, actor: Actor, text: str, *, now: datetime) -> None:
    await get_case(session, case_id)
    await record_entry(session, case_id, to_who(actor), "note", text, now=now)


async def _get_verdict(session: AsyncSession, case: Case) -> Verdict:
    trace = await find_latest_trace(session, case.id)
    if trace is None:
        raise Conflict("the partners have not been asked yet; in a moment they have")
    return Verdict.model_validate(trace.verdict)
