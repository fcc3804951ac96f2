from datetime import datetime, timedelta
from typing import Any

import pytest

from api.pages.timeline import Event, Said, to_event, to_timeline
from hub.tables import ActorKind, EffectState

ZONE = "Europe/Helsinki"


def test_it_runs_from_the_newest_day_back(make: Any, now: datetime) -> None:
    before = make.entry("opened", "HBR", at=now - timedelta(days=1))
    days = to_timeline(make.case(entries=(before, make.entry("note", "seen"))), ZONE)
    assert [day.title for day in days] == ["Thursday 12 November 2026", "Wednesday 11 November 2026"]


def test_what_a_message_shows_is_not_told_twice(make: Any) -> None:
    case = make.case(messages=(make.message(),), entries=(make.entry("message"), make.entry("replied")))
    [day] = to_timeline(case, ZONE)
    assert [type(item) for item in day.items] == [Said]


def test_partners_and_customer_share_one_line(make: Any, now: datetime) -> None:
    partner = make.message(ActorKind.PARTNER, party="publisher_desk", author="", id=2, at=now + timedelta(minutes=1))
    [day] = to_timeline(make.case(messages=(make.message(), partner)), ZONE)
    assert [item.author for item in day.items if isinstance(item, Said)] == ["Publisher desk", "Matti"]


def test_ours_says_to_whom_and_what_became_of_it(make: Any) -> None:
    sent = make.case(messages=(make.message(ActorKind.PERSON),), effects=(make.effect(EffectState.PLANNED),))
    item = to_timeline(sent, ZONE)[0].items[0]
    assert isinstance(item, Said)
    assert (item.to, item.going) == ("Matti Lukija", "Waiting to go")


@pytest.mark.parametrize(
    ("kind", "text", "said", "tone"),
    [
        ("call", "arrived", "Tell the customer, and close. It has been seen to arrive.", "call"),
        ("call", "publisher_desk asks for device", "Needs a person. publisher_desk asks for device", "call"),
        ("promise_broken", "Kerron.", "Promise broken: Kerron.", "bad"),
        ("remedy_unknown", "cut", "Remedy unknown: cut", "bad"),
        ("something_new", "", "Something new", "plain"),
    ],
)
def test_entries_are_told_in_words(make: Any, kind: str, text: str, said: str, tone: str) -> None:
    event = to_event(make.entry(kind, text))
    assert event == Event(at=make.now, actor="Luotsi", kind=ActorKind.AUTOMATION, text=said, tone=tone)
