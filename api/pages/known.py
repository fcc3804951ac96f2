"""What is known, with where each of it comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from api.pages.marking import to_anchor
from api.pages.words import to_fact_label, to_fact_word, to_partner_word
from hub.errors import AlreadyKnown, LuotsiError
from hub.ports import Value
from hub.tables import FactSource
from hub.views.case_values import CaseView, FactView

ORDER = ("publication", "issue", "symptom", "since", "happened_before", "app", "device", "account_email", "steps_tried")


class KnownValue(Value):
    """`anchor` is the place in a message where it was said; `source` who told it, in words."""

    word: str
    anchor: str
    quote: str
    source: str
    fact: FactView


class KnownLine(Value):
    key: str
    label: str
    values: tuple[KnownValue, ...]


def group_facts(case: CaseView, titles: Mapping[str, str]) -> tuple[KnownLine, ...]:
    """A line a key, what matters most first; what was superseded is left to the timeline's messages."""
    held = [f for f in case.facts if not f.superseded]
    keys = sorted({f.key for f in held}, key=lambda k: (ORDER.index(k) if k in ORDER else len(ORDER), k))
    return tuple(_to_line(key, [f for f in held if f.key == key], case, titles) for key in keys)


def to_known_lines(fault: LuotsiError | None, case: CaseView, titles: Mapping[str, str]) -> tuple[KnownLine, ...]:
    """Those of the facts that a reply asked for although they are known."""
    if not isinstance(fault, AlreadyKnown):
        return ()
    return tuple(line for line in group_facts(case, titles) if line.key in fault.known)


def _to_line(key: str, facts: Iterable[FactView], case: CaseView, titles: Mapping[str, str]) -> KnownLine:
    values = {f.value: _to_value(f, case, titles) for f in facts}
    return KnownLine(key=key, label=to_fact_label(key), values=tuple(values.values()))


def _to_value(fact: FactView, case: CaseView, titles: Mapping[str, str]) -> KnownValue:
    return KnownValue(
        word=to_fact_word(fact.key, fact.value, titles),
        anchor=to_anchor(fact) if fact.source is FactSource.MESSAGE else "",
        quote=fact.quote,
        source=_say_source(fact, case),
        fact=fact,
    )


def _say_source(fact: FactView, case: CaseView) -> str:
    if fact.source is FactSource.PARTNER:
        return to_partner_word(fact.source_name)
    if fact.source is FactSource.PERSON:
        return fact.source_name
    told = next((m for m in case.messages if m.id == fact.message_id), None)
    return (told.author or told.author_address) if told else "a message"
