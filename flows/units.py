"""The units of work: plain async functions, each safe to run twice. What Prefect shows runs these."""

from __future__ import annotations

from datetime import timedelta

from hub.cases import get_case
from hub.delivering import Outside
from hub.errors import PartnerError
from hub.ledger import Known, list_facts, to_known
from hub.partner_events import get_cursor, handle_event, record_health, record_poll, take_in_pulled
from hub.pilot import Plan
from hub.piloting import pilot_case
from hub.ports import Hints
from hub.promises import break_overdue
from hub.recurrence import watch
from hub.requesting import take_in_state
from hub.tables import Case, PartnerState, Request
from hub.tracing import ask_partners, find_publication, get_hints, learn_account, learn_publication, to_verdict
from hub.understanding import understand_mail

JUST_NOW = timedelta(seconds=20)
MOST_PAGES = 50  # of one poll; the cursor goes on from there the next time


async def understand(outside: Outside, raw_id: int) -> int | None:
    """The id of the case that the mail belongs to."""
    async with outside.database.transaction() as session:
        return await understand_mail(session, raw_id, outside.house, now=outside.clock.now())


async def trace(outside: Outside, case_id: int) -> Plan | None:
    """All partners at once, the verdict, and what is next. No transaction is open while partners are waited for."""
    async with outside.database.transaction() as session:
        case = await get_case(session, case_id)
        if case.solved_at is not None:
            return None
        hints = await get_hints(session, case, outside.connectors, outside.clock.now())
        known = to_known(await list_facts(session, case_id))
    playbook = outside.house.playbooks[case.playbook]
    if hints.publication is None and "publication" in playbook.item:
        hints = await _learn_publication(outside, case, hints, known)
    observations = await ask_partners(playbook, hints, known, outside.connectors, outside.clock)
    now = outside.clock.now()
    verdict = to_verdict(playbook, hints, observations, now)
    async with outside.database.transaction() as session:
        await learn_account(session, case_id, hints, known, observations, now)
        return await pilot_case(session, case_id, observations, verdict, outside.house, now=now)


async def _learn_publication(outside: Outside, case: Case, hints: Hints, known: Known) -> Hints:
    """The hints with the publication that the partners know, where they know just one and it is in the catalogue."""
    told = await find_publication(outside.house.playbooks[case.playbook], hints, known, outside.connectors)
    if told is None or outside.house.catalogue.find_publication(told.publication) is None:
        return hints
    async with outside.database.transaction() as session:
        await learn_publication(session, case.id, told, outside.clock.now())
        return await get_hints(session, case, outside.connectors, hints.at)


async def take_in_event(outside: Outside, event_id: int) -> None:
    async with outside.database.transaction() as session:
        await handle_event(session, event_id, outside.connectors, now=outside.clock.now())


async def read_request(outside: Outside, request_id: int) -> None:
    """The desk's answer brought to the case, whether it told us by itself or we came to look."""
    async with outside.database.transaction() as session:
        request = await session.get_one(Request, request_id)
    if request.ref is None:
        return
    state = await outside.connectors[request.partner].read_request(request.ref)
    async with outside.database.transaction() as session:
        request = await session.get_one(Request, request_id, with_for_update={"key_share": True})
        await take_in_state(session, request, state, outside.house, now=outside.clock.now())


async def poll(outside: Outside, partner: str) -> int:
    """Reads what changed at the partner since the last time; how many events were new. Its health is written down."""
    connector = outside.connectors[partner]
    if await _was_just_polled(outside, partner):
        return 0
    new = 0
    try:
        for _ in range(MOST_PAGES):
            async with outside.database.transaction() as session:
                cursor = await get_cursor(session, partner)
            page = await connector.changes(cursor)
            now = outside.clock.now()
            async with outside.database.transaction() as session:
                new += await take_in_pulled(session, page.events, outside.connectors, now=now)
                await record_poll(session, partner, page.cursor, now)
            if page.end:
                break
    except PartnerError as error:
        await _tell_health(outside, partner, error.detail)
        raise
    await _tell_health(outside, partner, "")
    return new


async def _was_just_polled(outside: Outside, partner: str) -> bool:
    """By another worker or by Prefect's schedule: any number of them may poll, and it is done once."""
    async with outside.database.transaction() as session:
        state = await session.get(PartnerState, partner)
    polled_at = state.polled_at if state and not state.trouble else None
    return polled_at is not None and outside.clock.now() - polled_at < JUST_NOW


async def _tell_health(outside: Outside, partner: str, trouble: str) -> None:
    async with outside.database.transaction() as session:
        await record_health(session, partner, trouble, outside.clock.now())


async def watch_promises(outside: Outside) -> list[int]:
    """The ids of the cases whose promises were just broken."""
    async with outside.database.transaction() as session:
        return await break_overdue(session, outside.clock.now())


async def watch_recurrence(outside: Outside) -> list[int]:
    """The numbers of the problems that were opened or grew."""
    async with outside.database.transaction() as session:
        return await watch(session, now=outside.clock.now())
