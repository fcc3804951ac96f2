"""How the machine does, in sentences: what a person should look at, most pressing first. Pure."""

from __future__ import annotations

from api.pages.words import to_partner_word
from hub.views.ops import OpsView


def list_troubles(ops: OpsView) -> tuple[str, ...]:
    """Empty when all is well."""
    unknown = sum(1 for e in ops.stuck_effects if e.state == "unknown")
    late = sum(w.late for w in ops.work)
    found = [
        "All automation is stopped" if any(s.rule is None for s in ops.stops) else "",
        _count(unknown, "effect has an unknown outcome", "effects have an unknown outcome"),
        _count(len(ops.stuck_effects) - unknown, "effect is stuck", "effects are stuck"),
        *(f"{to_partner_word(p.partner)} does not answer" for p in ops.partners if p.is_down),
        _count(len(ops.unhandled_mail), "mail could not be understood", "mails could not be understood"),
        _count(late, "piece of work is late", "pieces of work are late"),
    ]
    return tuple(x for x in found if x)


def _count(count: int, one: str, many: str) -> str:
    return "" if count <= 0 else f"{count} {one if count == 1 else many}"
