"""Reads all facts of one message. Pure: text, its Date and the catalogue in, facts with their spans out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from hub.facts.catalogue import Catalogue
from hub.facts.contacts import find_bought_from, find_contacted
from hub.facts.devices import find_devices
from hub.facts.identifiers import (
    find_account_email,
    find_address,
    find_customer_number,
    find_metering_point,
    find_order_numbers,
    find_phone,
    find_tracking_numbers,
)
from hub.facts.issues import find_issues, list_issue_spans
from hub.facts.model import MANY, FoundFact
from hub.facts.publications import find_apps, find_publications
from hub.facts.reading import Reading, parse_reading
from hub.facts.steps import find_steps
from hub.facts.symptoms import find_error_texts, find_symptoms
from hub.facts.times import find_deadline, find_happened_before, find_since
from hub.facts.wishes import find_wants_person

FINDERS: tuple[Callable[[Reading], Iterator[FoundFact]], ...] = (
    find_publications,
    find_issues,
    find_apps,
    find_devices,
    find_bought_from,
    find_account_email,
    find_customer_number,
    find_order_numbers,
    find_tracking_numbers,
    find_metering_point,
    find_address,
    find_phone,
    find_symptoms,
    find_error_texts,
    find_contacted,
    find_steps,
    find_wants_person,
    find_deadline,
)


def _keep_first(facts: Iterable[FoundFact]) -> list[FoundFact]:
    """Each value once, and one value of a key that has no many: the first told."""
    kept: dict[tuple[str, object], FoundFact] = {}
    for fact in facts:
        kept.setdefault((fact.key, fact.value if fact.key in MANY else None), fact)
    return list(kept.values())


def find_facts(reading: Reading) -> list[FoundFact]:
    facts = [fact for find in FINDERS for fact in find(reading)]
    spans = list_issue_spans(facts)
    return _keep_first([*facts, *find_since(reading, spans), *find_happened_before(reading, spans)])


def read_facts(subject: str, body: str, sent_at: datetime, catalogue: Catalogue) -> list[FoundFact]:
    """What the sender states, in the keys and normal forms of FACTS.md. Spans count from the start of
    `subject + "\\n\\n" + body`. Relative days are resolved in the time zone of `sent_at`."""
    return find_facts(parse_reading(subject, body, sent_at, catalogue))
