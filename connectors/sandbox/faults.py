"""Orders to fail. A fault at a link makes the partner's data wrong for someone; a wire fault makes its server bad.

Link faults name a `link` and, if they are not for all, a `customer` (e-mail) or an `item` (`hbr/2026-11`).
Each sandbox lists the kinds its links know; `broken` is every link's plainest one.
Wire faults hit every call, or those whose `path` fits (`/status/*`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, Field, PositiveInt

from connectors.sandbox.store import Store
from hub.clock import ShiftedClock


class WireFault(StrEnum):
    LATENCY = "latency"  # answers `seconds` late
    DRIP = "drip"  # answers a byte every `seconds`
    RATE_LIMIT = "429"
    ERROR = "500"
    DOWN = "503"
    CUT_BEFORE = "cut_before"  # hangs up without doing it
    CUT = "cut"  # does it, then hangs up without an answer
    SHAPE = "shape"  # answers JSON of another shape
    GARBAGE = "garbage"  # answers what is no JSON


WIRE_FAULTS = frozenset(WireFault)


class Fault(BaseModel):
    """`times` is how many calls a wire fault hits before it is over; `retry_after` is that header as it stands,
    in the partner's own unit, for 429 and 503."""

    id: int = 0
    link: str | None = None
    customer: str | None = None
    item: str | None = None
    path: str | None = None
    kind: str
    until: AwareDatetime | None = None
    times: PositiveInt | None = None
    seconds: float = Field(default=3, ge=0, le=600)
    retry_after: str | None = None
    ordered_at: AwareDatetime | None = None

    @property
    def is_wire(self) -> bool:
        return self.kind in WIRE_FAULTS

    def is_later_than(self, at: datetime | None) -> bool:
        return at is None or (self.ordered_at is not None and self.ordered_at > at)

    def hits(self, link: str, customer: str | None, item: str | None) -> bool:
        return self.link == link and _fits(self.customer, customer) and _fits(self.item, item)


class Orders(BaseModel):
    """What a sandbox was told, kept beside its state. `clock_offset` is None until the clock was set by order."""

    faults: list[Fault] = []
    next_id: int = 1
    clock_offset: timedelta | None = None


class Faults:
    """What is ordered now. `links` maps each link of this partner to the kinds of fault it knows."""

    def __init__(self, links: dict[str, tuple[str, ...]], clock: ShiftedClock) -> None:
        self.links = links
        self.clock = clock
        self._orders: Store[Orders] = Store(Orders())

    def keep_in(self, path: Path) -> None:
        """Take up what was ordered before this process began, and keep what is ordered from now on."""
        self._orders = Store(Orders(), path)
        offset = self._orders.state.clock_offset
        if offset is not None:
            self.clock.offset = offset

    @property
    def ordered(self) -> list[Fault]:
        return self._orders.state.faults

    def order(self, fault: Fault) -> Fault:
        orders = self._orders.state
        placed = fault.model_copy(update={"id": orders.next_id, "ordered_at": self.clock.now()})
        orders.next_id += 1
        orders.faults.append(placed)
        self._orders.save()
        return placed

    def clear(self, fault_id: int | None = None) -> None:
        orders = self._orders.state
        orders.faults = [f for f in orders.faults if fault_id is not None and f.id != fault_id]
        self._orders.save()

    def keep_clock(self) -> None:
        self._orders.state.clock_offset = self.clock.offset
        self._orders.save()

    def _live(self) -> list[Fault]:
        now = self.clock.now()
        return [f for f in self.ordered if f.until is None or now < f.until]

    def find_link(self, link: str, customer: str | None, item: str | None, since: datetime | None = None) -> str | None:
        """The kind of the fault that hits this link for this customer and item, or None. With `since`, only a
        fault ordered after that time: what was put right later than the order stays right."""
        if not self.ordered:
            return None
        live = [f for f in self._live() if not f.is_wire and f.is_later_than(since)]
        return next((f.kind for f in live if f.hits(link, customer, item)), None)

    def take_wire(self, path: str) -> Fault | None:
        """The wire fault that hits this call; one that is for so many `times` is used up by it."""
        fault = next((f for f in self._live() if f.is_wire and fnmatchcase(path, f.path or "*")), None)
        if fault is not None and fault.times is not None:
            self._use_up(fault)
        return fault

    def _use_up(self, fault: Fault) -> None:
        if fault.times == 1:
            return self.clear(fault.id)
        fault.times = (fault.times or 1) - 1
        self._orders.save()
        return None


def _fits(ordered: str | None, asked: str | None) -> bool:
    return ordered is None or (asked is not None and ordered.strip().lower() == asked.strip().lower())
