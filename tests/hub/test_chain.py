from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.chain import State, Sure, Verdict, judge, to_sentence
from hub.playbooks import load_playbooks
from hub.ports import LinkStatus, Observation

NOW = datetime(2026, 11, 12, 8, tzinfo=UTC)
MAGAZINE = load_playbooks(Path("playbooks"))["magazine"]
LINKS = [link.id for link in MAGAZINE.links]
OK, BROKEN, WAITING, UNKNOWN, NOT_ASKED = (
    LinkStatus.OK,
    LinkStatus.BROKEN,
    LinkStatus.WAITING,
    LinkStatus.UNKNOWN,
    LinkStatus.NOT_ASKED,
)


def seen(link: str, status: LinkStatus, reason: str = "", **more: Any) -> Observation:
    return Observation(partner="p", link=link, status=status, reason=reason, at=NOW, item="hbr/2026-11", **more)


def judged(*statuses: LinkStatus) -> Verdict:
    return judge(MAGAZINE, [seen(link, status, "x") for link, status in zip(LINKS, statuses, strict=True)], NOW)


@pytest.mark.parametrize(
    ("statuses", "state", "link", "sure"),
    [
        ((OK, OK, OK), State.WHOLE, "", Sure.CERTAIN),
        ((OK, OK, BROKEN), State.BROKEN, "delivered", Sure.CERTAIN),
        ((BROKEN, OK, BROKEN), State.BROKEN, "published", Sure.CERTAIN),
        ((OK, BROKEN, BROKEN), State.BROKEN, "entitled", Sure.CERTAIN),
        ((OK, UNKNOWN, BROKEN), State.BROKEN, "delivered", Sure.LIKELY),
        ((OK, UNKNOWN, OK), State.UNKNOWN, "entitled", Sure.UNCLEAR),
        ((UNKNOWN, UNKNOWN, UNKNOWN), State.UNKNOWN, "published", Sure.UNCLEAR),
        ((OK, NOT_ASKED, BROKEN), State.BROKEN, "delivered", Sure.CERTAIN),
        ((OK, NOT_ASKED, OK), State.WHOLE, "", Sure.CERTAIN),
        ((OK, OK, WAITING), State.WAITING, "delivered", Sure.CERTAIN),
    ],
)
def test_the_first_broken_link_is_named(statuses: tuple[LinkStatus, ...], state: State, link: str, sure: Sure) -> None:
    verdict = judged(*statuses)
    assert (verdict.state, verdict.link, verdict.sure) == (state, link, sure)


def test_waiting_past_its_time_is_broken_but_only_likely() -> None:
    long_ago = NOW - timedelta(hours=25)
    found = [seen("published", OK, since=long_ago), seen("entitled", OK), seen("delivered", WAITING, "not_opened")]
    verdict = judge(MAGAZINE, found, NOW)
    assert (verdict.state, verdict.link, verdict.reason, verdict.sure) == (
        State.BROKEN,
        "delivered",
        "not_opened",
        Sure.LIKELY,
    )


def test_waiting_within_its_time_is_waiting() -> None:
    found = [seen("published", OK, since=NOW - timedelta(hours=23)), seen("entitled", OK), seen("delivered", WAITING)]
    assert judge(MAGAZINE, found, NOW).state is State.WAITING


def test_a_partner_that_is_down_makes_it_unknown_and_not_wrong() -> None:
    verdict = judge(MAGAZINE, [seen("published", OK), seen("entitled", UNKNOWN, "down"), seen("delivered", OK)], NOW)
    assert (verdict.state, verdict.reason, verdict.unknown) == (State.UNKNOWN, "down", ("entitled",))


@given(st.lists(st.sampled_from(list(LinkStatus)), min_size=3, max_size=3))
def test_no_verdict_blames_a_link_that_was_not_seen_broken(statuses: list[LinkStatus]) -> None:
    verdict = judged(*statuses)
    blamed = dict(zip(LINKS, statuses, strict=True)).get(verdict.link)
    assert verdict.state is not State.BROKEN or blamed in (BROKEN, WAITING)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("state", [State.UNKNOWN, State.WAITING, State.WHOLE, State.NO_ITEM])
def test_every_state_has_a_sentence_in_every_language(language: str, state: State) -> None:
    sentence = to_sentence(Verdict(state=state, link="delivered"), MAGAZINE, language, {"item": "HBR 2026-11"})
    assert len(sentence) > 20
    assert "{" not in sentence


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "ei ole koskaan luonut sitä"), ("sv", "aldrig skapat den"), ("en", "never made your copy")],
)
def test_a_broken_link_is_told_plainly(language: str, words: str) -> None:
    verdict = Verdict(state=State.BROKEN, link="delivered", reason="no_licence")
    assert words in to_sentence(verdict, MAGAZINE, language, {"item": "HBR 2026-11"})
