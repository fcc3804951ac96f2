"""What every part of the reader hands to the next: a found fact with the words it came from."""

from __future__ import annotations

from typing import Any

from hub.ports import Value

MANY = frozenset(
    {"publication", "issue", "app", "device", "order_number", "tracking_number"}
    | {"symptom", "error_text", "contacted", "steps_tried"}
)


class FoundFact(Value):
    """`start` and `end` span `subject + "\\n\\n" + body`; `quote` is exactly that text."""

    key: str
    value: str | bool
    start: int
    end: int
    quote: str


def to_jsonable(facts: list[FoundFact]) -> dict[str, Any]:
    """The form of FACTS.md: one value, or a list for the keys that may have many."""
    found: dict[str, Any] = {}
    for fact in facts:
        if fact.key in MANY:
            found.setdefault(fact.key, []).append(fact.value)
        else:
            found[fact.key] = fact.value
    return found
