"""Delivering one effect: the way out to a partner or the relay. No transaction is open while it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.cases import get_case
from hub.clock import Clock
from hub.database import Database
from hub.errors import ContractBroken, Refused, Rejected, RetryLater
from hub.house import House
from hub.outbox import IN_FLIGHT, Claim, LeaseLost, Settlement, mark_given_away, settle, to_later, to_settlement
from hub.ports import Connector, Mail, Mailer, Outcome, OutcomeState, Remedy, RequestDraft, RequestState
from hub.requesting import take_in_state
from hub.tables import Effect, EffectKind, EffectState, Request
from hub.tracing import Connectors, get_hints


@dataclass(frozen=True)
class Outside:
    """Everything that an effect may reach, and the hub that it belongs to."""

    database: Database
    clock: Clock
    house: House
    connectors: Connectors
    mailer: Mailer


async def deliver(outside: Outside, claim: Claim) -> Settlement | None:
    """Try once and write down what came of it. None where it turned out to be another worker's by now."""
    async with outside.database.transaction() as session:
        effect = await session.get_one(Effect, claim.effect_id)
    try:
        settlement = await _WAYS[claim.kind](outside, claim, effect)
    except LeaseLost:
        return None
    except RetryLater as error:
        settlement = _after_trouble(claim, error, outside.clock)
    except Rejected as error:
        settlement = _after_no(claim, error, outside.clock)
    except ContractBroken as error:
        settlement = _after_trouble(claim, RetryLater(error.partner, error.detail, sent=True), outside.clock)
    except Refused as error:  # keys or rights: the keeper must act; the row waits
        settlement = _after_trouble(claim, RetryLater(error.partner, error.detail), outside.clock)
    await outside.database.write_down(lambda s: settle(s, claim, settlement, now=outside.clock.now()))
    return settlement


def _after_no(claim: Claim, error: Rejected, clock: Clock) -> Settlement:
    """A no to the act itself is certain; one to our reading it back tells nothing of the act."""
    if claim.kind is EffectKind.REMEDY and claim.interrupted:
        return _after_trouble(claim, RetryLater(error.partner, error.detail), clock)
    return Settlement(state=EffectState.REFUSED, detail=error.detail)


def _after_trouble(claim: Claim, error: RetryLater, clock: Clock) -> Settlement:
    """What may have gone is read back, and a mail, which nobody can read back, goes to a person."""
    now = clock.now()
    if claim.kind is EffectKind.MAIL and error.sent:
        return Settlement(state=EffectState.UNKNOWN, detail=f"the relay hung up, it may have gone: {error.detail}")
    if claim.kind is EffectKind.REMEDY and (error.sent or claim.interrupted):
        unknown = Outcome(state=OutcomeState.UNKNOWN, detail=error.detail)
        return to_settlement(unknown, claim, now)
    return to_later(claim, error.detail, now, error.after)


async def _send_mail(outside: Outside, claim: Claim, effect: Effect) -> Settlement:
    if claim.interrupted:
        return _after_interrupted_mail(claim, outside.clock.now())

    async def give_away() -> None:
        await outside.database.write_down(lambda s: mark_given_away(s, claim, outside.clock.now()))

    await outside.mailer.send(Mail.model_validate(effect.payload), give_away)
    return Settlement(state=EffectState.DONE)


def _after_interrupted_mail(claim: Claim, now: datetime) -> Settlement:
    """Whoever handed it over may still come back with the relay's answer (only the database was away); if nobody
    does, a person decides."""
    detail = "the hub stopped while handing it over: it may have gone"
    if claim.given_away_at is not None and claim.is_in_flight(now):
        return Settlement(state=EffectState.SENDING, detail=detail, due_at=claim.given_away_at + IN_FLIGHT)
    return Settlement(state=EffectState.UNKNOWN, detail=detail)


async def _do_remedy(outside: Outside, claim: Claim, effect: Effect) -> Settlement:
    connector = _get_connector(outside, effect.party)
    if claim.interrupted and effect.first_sent_at is not None:
        remedy = Remedy.model_validate(effect.payload["remedy"])
        outcome = await connector.read_outcome(remedy, effect.key, effect.first_sent_at)
        return to_settlement(outcome, claim, outside.clock.now())
    found = await _find_remedy(outside, connector, effect)
    if isinstance(found, str):
        return Settlement(state=EffectState.REFUSED, detail=found)
    written = found.model_dump(mode="json")
    await outside.database.write_down(lambda s: mark_given_away(s, claim, outside.clock.now(), remedy=written))
    outcome = await connector.apply(found, effect.key)
    return to_settlement(outcome, claim, outside.clock.now())


async def _find_remedy(outside: Outside, connector: Connector, effect: Effect) -> Remedy | str:
    """The remedy as the partner offers it now, or in words why it does not."""
    async with outside.database.transaction() as session:
        case = await get_case(session, effect.case_id)
        hints = await get_hints(session, case, outside.connectors, outside.clock.now())
    publication, _, issue = (effect.payload.get("item") or "").partition("/")
    hints = hints.model_copy(update={"publication": publication or hints.publication, "issue": issue or hints.issue})
    for ref in await connector.identify(hints):
        for remedy in await connector.remedies(ref):
            if remedy.kind == effect.payload["kind"]:
                parameters = {**remedy.parameters, **effect.payload.get("parameters", {})}
                return remedy.blocked or remedy.model_copy(update={"parameters": parameters})
    return f"{effect.party} offers no {effect.payload['kind']} for this now"


async def _open_request(outside: Outside, claim: Claim, effect: Effect) -> Settlement:
    """Idempotent by our key at the partner, and looked for by that key first where an earlier try was cut."""
    connector = _get_connector(outside, effect.party)
    async with outside.database.transaction() as session:
        await mark_given_away(session, claim, outside.clock.now())
    found = await connector.find_request(effect.key) if claim.attempts > 1 else None
    state = found or await connector.open_request(RequestDraft.model_validate(effect.payload))
    return await _take_in(outside, effect, state)


async def _update_request(outside: Outside, claim: Claim, effect: Effect) -> Settlement:
    connector = _get_connector(outside, effect.party)
    async with outside.database.transaction() as session:
        request = await session.get_one(Request, effect.request_id)
    if request.ref is None:
        return to_later(claim, "our request is not open at the partner yet", outside.clock.now())
    async with outside.database.transaction() as session:
        await mark_given_away(session, claim, outside.clock.now())
    state = await connector.update_request(request.ref, effect.payload["text"], effect.key)
    return await _take_in(outside, effect, state)


async def _take_in(outside: Outside, effect: Effect, state: RequestState) -> Settlement:
    async with outside.database.transaction() as session:
        request = await session.get_one(Request, effect.request_id, with_for_update={"key_share": True})
        await take_in_state(session, request, state, outside.house, now=outside.clock.now())
    return Settlement(state=EffectState.DONE, result={"ref": state.ref})


def _get_connector(outside: Outside, partner: str) -> Connector:
    connector = outside.connectors.get(partner)
    if connector is None:
        raise RetryLater(partner, "not connected")
    return connector


_WAYS = {
    EffectKind.MAIL: _send_mail,
    EffectKind.REMEDY: _do_remedy,
    EffectKind.OPEN_REQUEST: _open_request,
    EffectKind.UPDATE_REQUEST: _update_request,
}
