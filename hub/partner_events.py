"""What partners tell by themselves, pushed or pulled: stored once per their own id, then acted on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.ports import Account, Event, EventKind
from hub.tables import Case, CustomerAddress, PartnerAccount, PartnerEvent, PartnerState, Request, WorkKind
from hub.tracing import Connectors
from hub.work import plan_work


async def record_pushed(session: AsyncSession, events: Iterable[Event], raw: bytes, *, now: datetime) -> int:
    """How many were new. Each new one is due at once: the partner is answered before it is handled."""
    new = await _record_events(session, events, raw, True, now)
    for event_id in new:
        await plan_work(session, WorkKind.PARTNER_EVENT, event_id, now, now=now)
    return len(new)


async def take_in_pulled(
    session: AsyncSession, events: Iterable[Event], connectors: Connectors, *, now: datetime
) -> int:
    """How many were new. Stored and handled in this one transaction, with the cursor that they came by."""
    new = await _record_events(session, events, b"", False, now)
    due: Due = set()
    for event_id in new:
        due |= await _take_in(session, event_id, connectors, now)
    await _plan(session, due, now)
    return len(new)


async def _record_events(
    session: AsyncSession, events: Iterable[Event], raw: bytes, pushed: bool, now: datetime
) -> list[int]:
    new = []
    for event in events:
        row_id = await session.scalar(
            insert(PartnerEvent)
            .values(
                partner=event.partner,
                dedupe_id=event.dedupe_id,
                event=event.model_dump(mode="json"),
                raw=raw,
                pushed=pushed,
                received_at=now,
            )
            .on_conflict_do_nothing()
            .returning(col(PartnerEvent.id))
        )
        if row_id is not None:
            new.append(row_id)
    return new


async def handle_event(session: AsyncSession, event_id: int, connectors: Connectors, *, now: datetime) -> None:
    """Learns who holds what; a change at a link makes that customer's open cases be traced; a request is read."""
    await _plan(session, await _take_in(session, event_id, connectors, now), now)


Due = set[tuple[WorkKind, int]]


async def _take_in(session: AsyncSession, event_id: int, connectors: Connectors, now: datetime) -> Due:
    row = await session.get_one(PartnerEvent, event_id, with_for_update=True)
    if row.handled_at is not None:
        return set()
    row.handled_at = now
    event = Event.model_validate(row.event)
    if event.account is not None:
        await _record_account(session, event.account, now)
    if event.kind is EventKind.LINK and event.account is not None:
        return {(WorkKind.TRACE, case_id) for case_id in await _list_cases(session, event, connectors)}
    if event.kind is EventKind.REQUEST:
        return {(WorkKind.READ_REQUEST, request_id) for request_id in await _list_requests(session, event)}
    return set()


async def _plan(session: AsyncSession, due: Due, now: datetime) -> None:
    """Always in the same order: two partners read at once must not wait for each other's rows."""
    for kind, subject in sorted(due):
        case_id = subject if kind is WorkKind.TRACE else None
        await plan_work(session, kind, subject, now, case_id=case_id, now=now)


async def _record_account(session: AsyncSession, account: Account, now: datetime) -> None:
    row = insert(PartnerAccount).values(**account.model_dump(), seen_at=now)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["partner", "ref"], set_={"holder": row.excluded.holder, "seen_at": now}
        )
    )


async def _list_cases(session: AsyncSession, event: Event, connectors: Connectors) -> list[int]:
    """The open cases of the person whom this is about, save those opened after it happened."""
    connector = connectors.get(event.partner)
    if connector is None or event.account is None:
        return []
    open_ones = (
        sa.select(col(Case.id), col(CustomerAddress.address))
        .join(CustomerAddress, col(CustomerAddress.customer_id) == col(Case.customer_id))
        .where(col(Case.solved_at).is_(None), col(Case.opened_at) <= event.at)
    )
    rows = (await session.execute(open_ones)).all()
    return [case_id for case_id, address in rows if event.account.holder in connector.holders_of([address])]


async def _list_requests(session: AsyncSession, event: Event) -> list[int]:
    """A ticket that is not ours, or not yet ours, is no one's; the poll tells of it again when it changes."""
    ours = sa.select(col(Request.id)).where(col(Request.partner) == event.partner, col(Request.ref) == event.ref)
    return list(await session.scalars(ours))


async def get_cursor(session: AsyncSession, partner: str) -> str | None:
    state = await session.get(PartnerState, partner)
    return state.cursor if state else None


async def record_poll(session: AsyncSession, partner: str, cursor: str, now: datetime) -> None:
    await _upsert_state(session, partner, {"cursor": cursor, "polled_at": now})


async def record_health(session: AsyncSession, partner: str, trouble: str, now: datetime) -> None:
    """`trouble` empty is well. `down_since` is when the present trouble began."""
    if not trouble:
        await _upsert_state(session, partner, {"ok_at": now, "down_since": None, "trouble": ""})
        return
    state = await session.get(PartnerState, partner)
    since = (state.down_since if state else None) or now
    await _upsert_state(session, partner, {"down_since": since, "trouble": trouble})


async def _upsert_state(session: AsyncSession, partner: str, values: dict[str, object]) -> None:
    row = insert(PartnerState).values(partner=partner, **{"trouble": "", **values})
    await session.execute(row.on_conflict_do_update(index_elements=["partner"], set_=values))
