"""The magazine story is played once over real sockets; then each check is shown to see what would break its promise."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from cli.stories.checks import CHECKS, Finding, check_story
from cli.stories.plot import NOVEMBER, make_plot
from cli.stories.run import play_story
from cli.stories.seen import Seen
from cli.stories.telling import Telling
from cli.story import app

pytestmark = pytest.mark.story


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def played(server: str) -> tuple[Seen, list[str]]:
    lines: list[str] = []
    seen, _ = await play_story(server, None, lines.append)
    return seen, lines


@pytest.fixture
def seen(played: tuple[Seen, list[str]]) -> Seen:
    return copy.deepcopy(played[0])


def test_every_promise_of_the_story_is_kept(seen: Seen) -> None:
    findings = check_story(seen)
    assert [finding.promise for finding in findings] == [1, 2, 3, 4, 5, 8, 13, 14, 22]
    assert {finding.promise: finding.faults for finding in findings if not finding.kept} == {}


def test_it_tells_what_each_party_saw_in_the_storys_time(played: tuple[Seen, list[str]]) -> None:
    told = "\n".join(played[1])
    assert "The issue does not come, 15 September 2026" in told
    assert "Two months later, 12 November 2026" in told
    parties = {line[7:23].strip() for line in played[1] if line[:2].isdigit()}
    assert parties == {"Matti Lukija", "Kaisa Laine", "publisher's desk", "delivery", "Luotsi"}


def text_of(seen: Seen, place: int, text: str) -> None:
    seen.mails[place]["text"] += text


def drop(items: list[Any]) -> None:
    items.clear()


BREAKS: list[tuple[int, str, Callable[[Seen], Any]]] = [
    (1, "sent to the publisher", lambda s: text_of(s, 0, "\nOta yhteyttä lehden julkaisijaan.")),
    (1, "another's address", lambda s: text_of(s, 0, "\ndesk@publisher.example")),
    (1, "another's page", lambda s: text_of(s, 0, "\nhttps://publisher.example/help")),
    (1, "from another address", lambda s: s.mails[0].update(raw="From: megan@publisher.example\n\n")),
    (1, "no mail at all", lambda s: drop(s.mails)),
    (2, "asked for what is known", lambda s: text_of(s, 2, "\nMikä on sähköpostiosoitteesi?")),
    (2, "the question went out", lambda s: drop(s.september.refusals)),
    (2, "the robot got no answer", lambda s: s.tickets[1].update(comments=s.tickets[1]["comments"][:2])),
    (2, "the desk was not asked", lambda s: drop(s.tickets)),
    (3, "another owner", lambda s: s.november.first["owner"].update(name="Otto Rinne")),
    (3, "the earlier case is not there", lambda s: drop(s.november.first["earlier_cases"])),
    (3, "tried by itself again", lambda s: [e.update(automatic=True) for e in s.november.last["effects"]]),
    (3, "it does not say so", lambda s: s.mails[2].update(text=s.mails[2]["text"].replace("syyskuu", ""))),
    (4, "not labelled", lambda s: s.mails[0]["headers"].update(auto_submitted=None)),
    (4, "two robots", lambda s: s.mails[1]["headers"].update(auto_submitted="auto-replied")),
    (4, "no name", lambda s: s.mails[0].update(text=s.mails[0]["text"].replace("Kaisa", "Joku"))),
    (4, "the same text twice", lambda s: s.mails[1].update(text=s.mails[0]["text"])),
    (5, "no problem", lambda s: setattr(s, "problem", None)),
    (5, "nobody's problem", lambda s: s.problem["owner"].update(email="nobody@luotsi.example")),
    (5, "the cause is not told", lambda s: s.problem.update(cause="Muu syy.")),
    (5, "the desk's word was lost", lambda s: setattr(s.november.heard[1], "reached", False)),
    (5, "closed without proof", lambda s: s.problem.update(closed_at="2026-11-12T10:00:00Z")),
    (8, "one partner was not asked", lambda s: drop(s.november.visits)),
    (8, "one after the other", lambda s: one_after_the_other(s)),
    (13, "not done", lambda s: [e.update(state="refused") for e in s.november.last["effects"]]),
    (13, "nothing at the partner", lambda s: drop(s.licences)),
    (14, "a login", lambda s: set_page(s, status=303)),
    (14, "no owner", lambda s: set_page(s, text="Odota.")),
    (14, "partner's internals", lambda s: set_page(s, text=s.november.pages[0].answer.text + "no_licence")),
    (22, "broken", lambda s: s.november.last["promises"][0].update(outcome="broken")),
    (22, "not settled", lambda s: s.november.last["promises"][0].update(outcome=None, settled_at=None)),
    (22, "nothing promised", lambda s: drop(s.september.last["promises"])),
    (22, "no keeper", lambda s: s.september.last["promises"][0].update(keeper="")),
]


def one_after_the_other(seen: Seen) -> None:
    slow = [v for v in seen.september.visits if v.partner == "app_store"]
    later = [type(v)(v.partner, v.path, v.began_at + timedelta(hours=1), v.ended_at) for v in slow]
    seen.september.visits = [v for v in seen.september.visits if v.partner != "app_store"] + later


def set_page(seen: Seen, **changed: Any) -> None:
    page = seen.november.pages[0]
    page.answer = type(page.answer)(**{"status": 200, "text": page.answer.text, **changed})


@pytest.mark.parametrize(
    ("promise", "break_it"), [(p, b) for p, _, b in BREAKS], ids=[f"{p}: {what}" for p, what, _ in BREAKS]
)
def test_a_check_sees_its_promise_broken(seen: Seen, promise: int, break_it: Callable[[Seen], Any]) -> None:
    break_it(seen)
    broken = [finding for finding in check_story(seen) if not finding.kept]
    assert promise in {finding.promise for finding in broken}
    assert all(finding.faults or not finding.evidence for finding in broken)


def test_every_check_has_something_that_breaks_it() -> None:
    assert {promise for promise, _, _ in BREAKS} == set(CHECKS)


def test_broken_promises_are_told_with_what_was_wrong() -> None:
    lines: list[str] = []
    findings = [Finding(1, "one address", ["a mail"], []), Finding(4, "no two robots", ["a mail"], ["two mails"])]
    Telling(lines.append, "Europe/Helsinki").tell_findings(findings)
    assert any(line.startswith("BROKEN   4") for line in lines)
    assert lines[-1] == "1 of 2 promises broken"


def test_a_seed_makes_the_same_other_story_each_time() -> None:
    assert make_plot(5) == make_plot(5)
    assert make_plot(5).person.name != make_plot().person.name
    assert make_plot().to_item(NOVEMBER) == "hbr/2026-11"


def test_an_unknown_story_is_said_so() -> None:
    result = CliRunner().invoke(app, ["nothing"])
    assert result.exit_code == 2
    assert "magazine" in result.output
