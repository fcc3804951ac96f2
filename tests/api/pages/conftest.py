"""Views as values, with everything left out that a test does not speak of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from hub.ports import LinkStatus
from hub.tables import ActorKind, Direction, EffectKind, EffectState, FactSource
from hub.views.case_list import CaseRow
from hub.views.case_values import (
    CaseView,
    CustomerView,
    EffectView,
    EntryView,
    FactView,
    MessageView,
    PromiseView,
)
from hub.views.values import CaseStatus, PersonRef

AINO = PersonRef(id=1, name="Aino", email="aino@luotsi.example", present=True)


class Make:
    """Each method makes one view; `more` says what matters."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def row(self, **more: Any) -> CaseRow:
        none = ("verdict", "due_at", "problem_number", "solved_at", "last_message_at")
        never = ("customer_wrote_at", "we_wrote_at", "partner_wrote_at")
        no = ("promise_broken", "awaits_reply", "has_held_message", "is_recurring", "is_stopped")
        words = {"subject": "HBR", "language": "fi", "playbook": "magazine", "customer_name": "Matti"}
        given = {**dict.fromkeys(none + never), **dict.fromkeys(no, False), **words, "call": "", "links": {}}
        rest = {"number": 1, "status": CaseStatus.OPEN, "customer_address": "", "owner": AINO, "opened_at": self.now}
        return CaseRow(**{**given, **rest, **more})

    def case(self, **more: Any) -> CaseView:
        many = ("facts", "messages", "requests", "effects", "promises", "earlier_cases", "decisions", "entries")
        none = ("solved_at", "stopped_at", "trace", "problem", "feedback_score")
        customer = CustomerView(name="Matti Lukija", language="fi", phone="", addresses=("matti@example.com",))
        words = {"subject": "HBR", "language": "fi", "playbook": "magazine", "stopped_why": "", "imported": False}
        rest = {"id": 1, "number": 1, "status": CaseStatus.OPEN, "owner": AINO, "customer": customer}
        given = {**dict.fromkeys(many, ()), **dict.fromkeys(none), **words, **rest, "opened_at": self.now}
        return CaseView(**{**given, **more})

    def message(self, who: ActorKind = ActorKind.CUSTOMER, **more: Any) -> MessageView:
        inbound = who in (ActorKind.CUSTOMER, ActorKind.PARTNER)
        words = {"author": "Matti", "author_address": "", "party": "customer", "kind": "person", "subject": "Lehti"}
        rest = {"reply": "", "text": "Hei", "attachments": (), "problems": (), "held": False, "at": self.now, "id": 1}
        given = {"direction": Direction.INBOUND if inbound else Direction.OUTBOUND, "author_kind": who}
        return MessageView(**{**given, **words, **rest, **more})

    def fact(self, quote: str, key: str = "device", whole: str = "", **more: Any) -> FactView:
        start = whole.index(quote) if whole else None
        rest = {"value": "ipad", "source": FactSource.MESSAGE, "source_name": "", "message_id": 1, "at": self.now}
        span = {"start": start, "end": start + len(quote) if start is not None else None}
        return FactView(**{"key": key, "quote": quote, "superseded": False, **span, **rest, **more})

    def entry(self, kind: str, text: str = "", **more: Any) -> EntryView:
        who = {"actor_kind": ActorKind.AUTOMATION, "actor": "Luotsi", "data": {}, "at": self.now}
        return EntryView(**{"kind": kind, "text": text, **who, **more})

    def promise(self, due_at: datetime, **more: Any) -> PromiseView:
        words = {"kind": "news", "text": "Kerron sinulle.", "keeper": "Aino", "made_at": self.now}
        rest = {"due_at": due_at, "outcome": None, "settled_at": None, "is_late": False}
        return PromiseView(**{**words, **rest, **more})

    def effect(self, state: EffectState, **more: Any) -> EffectView:
        rest = {"party": "customer", "recipient": "", "remedy": "", "automatic": False, "created_at": self.now}
        more = {"due_at": self.now, "settled_at": None, "attempts": 1, "trouble": "", "result": {}, **more}
        return EffectView(**{"id": 1, "kind": EffectKind.MAIL, "message_id": 1, "state": state, **rest, **more})


@pytest.fixture
def make(now: datetime) -> Make:
    return Make(now)


@pytest.fixture
def seen() -> Callable[..., dict[str, LinkStatus]]:
    return lambda *statuses: dict(zip(("published", "entitled", "delivered"), statuses, strict=True))
