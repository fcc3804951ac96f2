"""What every sandbox partner shares: the orders to fail, the clock, the state, and how they are served."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from pydantic import AwareDatetime, BaseModel
from starlette.middleware.base import RequestResponseEndpoint

from connectors.sandbox.faults import Fault, Faults, WireFault
from connectors.sandbox.misbehave import misbehave
from connectors.sandbox.store import Store
from hub.clock import ShiftedClock


class ClockOrder(BaseModel):
    now: AwareDatetime


Describe = Callable[[], dict[str, Any]]


def make_sandbox(
    partner: str, faults: Faults, store: Store[Any], clock: ShiftedClock, describe: Describe | None = None
) -> FastAPI:
    """A FastAPI app with `/_sandbox/*` and the wire faults in place; the partner's own routes are added to it.
    `describe` says what `/_sandbox/state` shows of the partner, where that is not the stored state as it is."""
    app = FastAPI(title=f"{partner} (sandbox)", openapi_url=None)
    if store.path is not None:
        faults.keep_in(store.path.with_suffix(".orders.json"))
    app.state.faults, app.state.store, app.state.clock = faults, store, clock

    @app.middleware("http")
    async def wire_faults(request: Request, call_next: RequestResponseEndpoint) -> Response:
        path = request.url.path
        fault = None if path.startswith("/_sandbox/") else faults.take_wire(path)
        return await (misbehave(fault, request, call_next) if fault else call_next(request))

    app.include_router(_orders(partner, faults, clock, describe or (lambda: store.state.model_dump(mode="json"))))
    return app


def _orders(partner: str, faults: Faults, clock: ShiftedClock, describe: Describe) -> APIRouter:
    router = APIRouter(prefix="/_sandbox")

    @router.get("/state")
    async def state() -> dict[str, Any]:
        return {
            "partner": partner,
            "now": clock.now(),
            "links": faults.links,
            "wire_faults": list(WireFault),
            "faults": faults.ordered,
            **describe(),
        }

    @router.post("/faults", status_code=201)
    async def order(fault: Fault) -> Fault:
        _check(fault, faults)
        return faults.order(fault)

    @router.delete("/faults", status_code=204)
    async def clear() -> None:
        faults.clear()

    @router.delete("/faults/{fault_id}", status_code=204)
    async def clear_one(fault_id: int) -> None:
        faults.clear(fault_id)

    @router.post("/clock")
    async def set_clock(order: ClockOrder) -> dict[str, datetime]:
        clock.set(order.now)
        faults.keep_clock()
        return {"now": clock.now()}

    return router


def _check(fault: Fault, faults: Faults) -> None:
    if fault.is_wire:
        if fault.customer or fault.item:
            raise HTTPException(422, f"{fault.kind} is for the whole server, or for a path: name no customer or item")
        return
    if fault.path or fault.times:
        raise HTTPException(422, f"path and times are for wire faults: {', '.join(WireFault)}")
    kinds = faults.links.get(fault.link or "")
    if kinds is None:
        raise HTTPException(422, f"links here: {', '.join(faults.links)}; wire faults: {', '.join(WireFault)}")
    if fault.kind not in kinds:
        raise HTTPException(422, f"faults at {fault.link}: {', '.join(kinds)}")
