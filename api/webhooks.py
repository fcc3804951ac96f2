"""What partners push: the signature is verified first, then the event is stored raw, once, and work is planned."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

import structlog
from fastapi import APIRouter, Request
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse, Response

from api.depends import Now, Uses
from api.problem_details import to_problem
from api.services import Services
from hub.errors import ContractBroken, InvalidInput, NotFound, Refused
from hub.partner_events import record_health, record_pushed
from hub.ports import Capability, Connector, Event, EventKind

log = structlog.get_logger()
router = APIRouter(include_in_schema=False)
LARGEST = 1024 * 1024  # octets


@router.post("/webhooks/{partner}")
async def take_event(partner: str, request: Request, services: Uses, now: Now) -> Response:
    """200 once stored, also when it came before; 401 when not signed; 503 when the fault is ours."""
    connector = _get_connector(services, partner)
    body = await _read_body(request)
    try:
        events, trouble = connector.parse_event(request.headers, body, now), ""
    except Refused as error:
        log.warning("refused a webhook", partner=partner, why=error.detail, octets=len(body))
        return to_problem(request, 401, "not-signed", "the signature does not hold")
    except ContractBroken as error:
        log.error("a webhook is not what the contract says", partner=partner, why=error.detail)
        events, trouble = [to_unread(partner, body, now)], f"a webhook could not be read: {error.detail}"
    try:
        async with services.database.transaction() as session:
            new = await record_pushed(session, events, to_raw(request.headers, body), now=now)
            if trouble:
                await record_health(session, partner, trouble, now)
    except (DBAPIError, OSError) as error:
        log.error("a webhook could not be stored", partner=partner, error=type(error).__name__)
        return to_problem(request, 503, "try-again", "it could not be stored just now; please send it again")
    return JSONResponse({"events": len(events), "new": new})


def to_unread(partner: str, body: bytes, now: datetime) -> Event:
    """Signed, and not what the contract says: kept whole for a person, who is told by the partner's health."""
    return Event(partner=partner, dedupe_id=f"unread:{hashlib.sha256(body).hexdigest()}", kind=EventKind.OTHER, at=now)


def to_raw(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body under the headers that prove it; what authenticates the sender is left out."""
    kept = [
        (name, value) for name, value in headers.items() if name.lower().startswith(("content-type", "x-", "webhook-"))
    ]
    return "".join(f"{name}: {value}\r\n" for name, value in kept).encode() + b"\r\n" + body


def _get_connector(services: Services, partner: str) -> Connector:
    connector = services.connectors.get(partner)
    if connector is None or Capability.EVENTS not in connector.supports:
        raise NotFound("no such partner")
    return connector


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise InvalidInput(f"an event has at most {LARGEST} octets")
    return bytes(body)
