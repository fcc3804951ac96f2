from datetime import UTC, datetime
from typing import Any

import pytest

from hub.facts.asks import KEYS
from hub.facts.contacts import ROLES
from hub.facts.devices import NAMED as DEVICES
from hub.facts.steps import ALONE, CHECKED, NAMED_ALONE, WITH_OBJECT
from hub.facts.symptoms import RULES as SYMPTOMS
from hub.letters import (
    DESK_MAY_KNOW,
    Envelope,
    to_answer,
    to_draft,
    to_fact_lines,
    to_first_message,
    to_reply,
    to_reply_subject,
    to_request,
    to_text_digest,
)
from hub.pilot import Call, Episode, Plan
from hub.texts import LANGUAGES, find_word

DUE = datetime(2026, 11, 13, 6, tzinfo=UTC)
TITLES = {"hbr": "Harvard Business Review", "zinio": "Zinio"}
KNOWN = {"publication": ["hbr"], "issue": ["2026-11"], "app": ["zinio"], "symptom": ["missing_issue"]}
SEPTEMBER = Episode(
    case_id=1,
    number=1001,
    item="hbr/2026-09",
    link="delivered",
    reason="no_licence",
    at=datetime(2026, 9, 15, tzinfo=UTC),
)


def envelope(**more: Any) -> Envelope:
    given: dict[str, Any] = {
        "language": "en",
        "name": "Matti Lukija",
        "number": 1002,
        "owner": "Kaisa",
        "support": "Luotsi",
        "link": "http://luotsi.example/s/abc",
        "subject": "HBR is missing",
        "item": "Harvard Business Review 2026-11",
        "zone": "Europe/Helsinki",
        "titles": TITLES,
    }
    return Envelope(**{**given, **more})


def first(plan: Plan, earlier: Episode | None = None, **more: Any) -> str:
    promise = ("It will be there.", DUE)
    return to_first_message(envelope(**more), KNOWN, "Your copy was never made.", plan, promise, earlier).text


def test_the_first_message_says_what_was_understood_found_and_promised() -> None:
    told = first(Plan(remedy="redeliver", request=True))
    for part in (
        "  - Magazine: Harvard Business Review",
        "never made",
        "fresh delivery of Harvard",
        "13 Nov 2026, 08:00",
    ):
        assert part in told


def test_it_says_that_it_is_automatic_and_names_owner_case_and_page() -> None:
    told = first(Plan())
    for part in ("automatic message", "1002 belongs to Kaisa", "http://luotsi.example/s/abc", "“person”"):
        assert part in told


def test_where_nothing_is_done_by_itself_a_person_looks_into_it() -> None:
    assert "Kaisa is looking into it in person" in first(Plan())
    assert "in person" not in first(Plan(remedy="redeliver"))


def test_who_had_it_before_is_told_that_we_know() -> None:
    assert "in September 2026 (case 1001)" in first(Plan(), SEPTEMBER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_message_is_whole_in_every_language(language: str) -> None:
    told = first(Plan(remedy="redeliver", request=True, call=Call.RECURRED), SEPTEMBER, language=language)
    assert "{" not in told
    assert "missing_issue" not in told


@pytest.mark.parametrize(("name", "greeting"), [("Matti Lukija", "Hello Matti,"), ("", "Hello,"), ("  ", "Hello,")])
def test_people_are_greeted_by_their_first_name_where_it_is_known(name: str, greeting: str) -> None:
    assert first(Plan(), name=name).startswith(greeting)


def test_a_reply_is_the_persons_own_words_signed() -> None:
    reply = to_reply(envelope(), " It is there now. ")
    assert reply.subject == "Re: HBR is missing"
    assert reply.text.startswith("It is there now.\n\n-- \nKaisa, Luotsi.")


def test_the_same_words_are_the_same_whatever_link_they_carry() -> None:
    one, other = to_reply(envelope(), "Hello"), to_reply(envelope(link="http://luotsi.example/s/xyz"), "Hello")
    assert one.text != other.text
    assert one.digest == other.digest
    assert one.digest != to_reply(envelope(), "Hello again").digest


def test_a_digest_does_not_depend_on_how_lines_are_folded() -> None:
    assert to_text_digest("one two\nthree") == to_text_digest("one\n  two three ")


@pytest.mark.parametrize(("subject", "told"), [("HBR", "Re: HBR"), ("RE: HBR", "RE: HBR"), (" ", "Re: Your message")])
def test_a_subject_is_answered_once(subject: str, told: str) -> None:
    assert to_reply_subject(subject, "en") == told


def test_a_request_writes_in_what_is_known_and_asks() -> None:
    letter = to_request(envelope(), KNOWN, "No licence was made.", "Please find out why.", SEPTEMBER)
    assert letter.subject == "Harvard Business Review 2026-11: the issue is missing"
    for part in ("  - Reading app: Zinio", "No licence was made.", "Please find out why.", "September 2026"):
        assert part in letter.text


def test_a_desk_never_learns_what_is_not_its_own() -> None:
    known = {**KNOWN, "phone": ["+358401234567"], "contacted": ["delivery"], "address": ["Katu 1"]}
    told = to_request(envelope(), known, "Found.", "Ask.", None).text
    assert not [secret for secret in ("+358", "Katu 1", "app's support") if secret in told]


def test_an_answer_tells_what_was_asked_and_what_was_tried() -> None:
    known = {**KNOWN, "steps_tried": ["restarted_app"], "phone": ["+358401234567"]}
    told = to_answer(["app", "phone"], known, "en", TITLES)
    assert told.splitlines()[1] == "  - Reading app: Zinio"
    assert "restarted the app" in told
    assert "+358" not in told


def test_a_step_that_was_asked_for_is_told_once() -> None:
    told = to_answer(["steps_tried"], {"steps_tried": ["waited"]}, "en", TITLES)
    assert told.count("waited") == 1


def test_the_owner_finds_a_first_wording_where_there_is_one() -> None:
    assert "has now arrived" in to_draft(Call.ARRIVED, envelope(), None)
    assert "September 2026 (case 1001)" in to_draft(Call.RECURRED, envelope(), SEPTEMBER)
    assert to_draft(Call.RECURRED, envelope(), None) == to_draft(Call.NOT_OURS, envelope(), SEPTEMBER) == ""


def test_a_value_that_no_file_has_a_word_for_is_told_as_it_is() -> None:
    assert to_fact_lines({"issue": ["2026-11"]}, ["issue", "app"], "en", {}) == ["Issue: 2026-11"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_has_a_name(language: str) -> None:
    named = {key for key in KEYS if find_word(language, f"fact-{key}")}
    assert named | {"name"} == set(KEYS)
    assert set(DESK_MAY_KNOW) <= named


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_that_the_reader_can_find_has_a_word(language: str) -> None:
    steps = {*ALONE.values(), *NAMED_ALONE.values(), *CHECKED.values(), *(step for *_, step in WITH_OBJECT)}
    found = {*steps, *DEVICES.values(), *ROLES.values(), *(rule.value for rule in SYMPTOMS)}
    assert {value for value in found if find_word(language, f"value-{value}") is None} == set()
