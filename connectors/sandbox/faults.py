"""Orders to fail. A fault at a link makes the partner's data wrong for someone; a wire fault makes its server bad.

Link faults name a `link` and, if they are not for all, a `customer` (e-mail) or an `item` (`hbr/2026-11`).
Each sandbox lists the kinds its links know; `broken` is every link's plainest one.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from enum import StrEnum

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.middleware.base import RequestResponseEndpoint

from hub.clock import Clock


class WireFault(StrEnum):
    LATENCY = "latency"  # answers 3 s late
    RATE_LIMIT = "429"
    ERROR = "500"
    DOWN = "503"
    CUT_BEFORE = "cut_before"  # hangs up without doing it
    CUT = "cut"  # does it, then hangs up without an answer
    SHAPE = "shape"  # answers JSON of another shape


class Fault(BaseModel):
    id: int = 0
    link: str | None = None
    customer: str | None = None
    item: str | None = None
    kind: str
    until: datetime | None = None


class ConnectionCut(Exception):
    """The sandbox hangs up. Raised through the server so that the client sees a broken connection."""


class Faults:
    """What is ordered now. `links` maps each link of this partner to the kinds of fault it knows."""

    def __init__(self, links: dict[str, tuple[str, ...]], clock: Clock) -> None:
        self.links = links
        self.clock = clock
        self.ordered: list[Fault] = []
        self._next = 1

    def order(self, fault: Fault) -> Fault:
        placed = fault.model_copy(update={"id": self._next})
        self._next += 1
        self.ordered.append(placed)
        return placed

    def clear(self, fault_id: int | None = None) -> None:
        self.ordered = [f for f in self.ordered if fault_id is not None and f.id != fault_id]

    def _live(self) -> list[Fault]:
        now = self.clock.now()
        return [f for f in self.ordered if f.until is None or now < f.until]

    def find_link(self, link: str, customer: str | None, item: str | None) -> str | None:
        """The kind of the fault that hits this link for this customer and item, or None."""
        for fault in self._live():
            hit = fault.link == link and fault.customer in (None, customer) and fault.item in (None, item)
            if hit and fault.kind not in list(WireFault):
                return fault.kind
        return None

    def find_wire(self) -> WireFault | None:
        return next((WireFault(f.kind) for f in self._live() if f.kind in list(WireFault)), None)


async def misbehave(fault: WireFault, request: Request, call_next: RequestResponseEndpoint) -> Response:
    if fault is WireFault.LATENCY:
        await asyncio.sleep(3)
        return await call_next(request)
    if fault is WireFault.CUT_BEFORE:
        raise ConnectionCut
    if fault is WireFault.CUT:
        await call_next(request)
        raise ConnectionCut
    if fault is WireFault.SHAPE:
        return JSONResponse({"unexpected": [fault.value]})
    return JSONResponse({"error": "ordered fault"}, status_code=int(fault.value))
