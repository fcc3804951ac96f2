"""What `luotsi understand` prints: messages and questions in, their facts and asks out, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hub.facts.asks import read_asks
from hub.facts.catalogue import Catalogue
from hub.facts.extract import read_facts
from hub.facts.model import to_jsonable


def parse_sent_at(written: str) -> datetime:
    """RFC 5322 or ISO 8601. ValueError where it is neither."""
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return parsedate_to_datetime(written)


def understand(message: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """`message` has subject, body and date as in FACTS.md; gives its id (where there is one), `facts`, and `spans`:
    one row per fact with key, value, start, end and quote."""
    facts = read_facts(message.get("subject", ""), message["body"], parse_sent_at(message["date"]), catalogue)
    known = {"id": message["id"]} if "id" in message else {}
    return {**known, "facts": to_jsonable(facts), "spans": [fact.model_dump() for fact in facts]}


def understand_question(question: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """`question` has text as in FACTS.md; gives its id (where there is one) and the keys it asks for."""
    known = {"id": question["id"]} if "id" in question else {}
    return {**known, "asks": read_asks(question["text"], catalogue)}
