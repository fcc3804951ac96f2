"""A problem's weeks as bars. Pure: counts in, places in the picture out."""

from __future__ import annotations

from collections.abc import Sequence

from hub.ports import Value
from hub.views.problems import Week

WIDTH, HEIGHT, FLOOR = 720.0, 104.0, 84.0
MOST_WIDE = 40.0


class Bar(Value):
    x: float
    y: float
    width: float
    height: float
    count: int
    label: str


def to_bars(weeks: Sequence[Week]) -> tuple[Bar, ...]:
    """A week without a failure keeps a thin line on the floor, so that its quiet is seen."""
    top = max((w.count for w in weeks), default=0) or 1
    step = WIDTH / max(len(weeks), 8)
    return tuple(_to_bar(week, place, step, top) for place, week in enumerate(weeks))


def _to_bar(week: Week, place: int, step: float, top: int) -> Bar:
    width = min(step * 0.7, MOST_WIDE)
    height = max(2.0, week.count / top * (FLOOR - 16))
    label = f"{week.start.day} {week.start:%b}"
    x = round(place * step + (step - width) / 2, 1)
    return Bar(
        x=x, y=round(FLOOR - height, 1), width=round(width, 1), height=round(height, 1), count=week.count, label=label
    )
