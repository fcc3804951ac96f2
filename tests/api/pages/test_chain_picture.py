from collections.abc import Callable
from datetime import datetime

import pytest

from api.pages.chain_picture import draw, say_dots, to_dots
from hub.chain import State, Verdict
from hub.house import House
from hub.ports import LinkStatus
from hub.views.case_values import LinkView, TraceView

OK, WAITING, BROKEN, UNKNOWN = LinkStatus.OK, LinkStatus.WAITING, LinkStatus.BROKEN, LinkStatus.UNKNOWN
AT_DELIVERY = Verdict(state=State.BROKEN, link="delivered", partner="delivery", reason="no_licence")
Seen = Callable[..., dict[str, LinkStatus]]


def trace(house: House, verdict: Verdict, seen: dict[str, LinkStatus], now: datetime) -> TraceView:
    links = tuple(
        LinkView(id=x.id, title=x.title, partner=x.partner, status=seen[x.id], reason=verdict.reason)
        for x in house.playbooks["magazine"].links
    )
    title = links[0].title
    return TraceView(at=now, item=None, item_name="", verdict=verdict, sentence=title, links=links)


def test_the_broken_link_is_marked_and_the_customer_not_reached(house: House, seen: Seen, now: datetime) -> None:
    nodes = draw(trace(house, AT_DELIVERY, seen(OK, OK, BROKEN), now), "Matti")
    assert [(n.title, n.look, n.word) for n in nodes[2:]] == [
        ("Delivered", "broken", "Broken here"),
        ("Matti", "waiting", "Not reached"),
    ]
    assert nodes[2].why == "no licence was made"


def test_a_link_that_waits_past_its_time_is_drawn_broken(house: House, seen: Seen, now: datetime) -> None:
    nodes = draw(trace(house, AT_DELIVERY, seen(OK, OK, WAITING), now), "Matti")
    assert (nodes[2].look, nodes[2].word) == ("broken", "Overdue")


@pytest.mark.parametrize(
    ("state", "look"), [(State.WHOLE, "ok"), (State.UNKNOWN, "unknown"), (State.WAITING, "waiting")]
)
def test_the_end_says_whether_it_reached_the_customer(house: House, seen: Seen, state: State, look: str) -> None:
    dots = to_dots(Verdict(state=state), seen(OK, OK, OK), house.playbooks["magazine"])
    assert dots[-1].look == look


def test_dots_can_be_read_aloud(house: House, seen: Seen) -> None:
    dots = to_dots(AT_DELIVERY, seen(OK, UNKNOWN, BROKEN), house.playbooks["magazine"])
    assert say_dots(dots) == "Published ok, Entitled unknown, Delivered broken, Customer waiting"


def test_without_a_trace_there_is_no_picture(house: House) -> None:
    assert to_dots(None, {}, house.playbooks["magazine"]) == ()
