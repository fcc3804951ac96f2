from typing import Any

from api.pages.known import group_facts, to_known_lines
from hub.errors import AlreadyKnown, Conflict
from hub.tables import FactSource

WHOLE = "Lehti\n\nLuen iPadilla Ziniossa"


def test_a_line_a_key_with_where_it_was_said(make: Any) -> None:
    case = make.case(messages=(make.message(),), facts=(make.fact("iPadilla", whole=WHOLE),))
    [line] = group_facts(case, {})
    assert (line.label, line.values[0].word, line.values[0].source) == ("Device", "iPad", "Matti")
    assert line.values[0].anchor == "m1-12"


def test_what_matters_most_stands_first_and_the_superseded_nowhere(make: Any) -> None:
    app, issue = make.fact("Ziniossa", "app", value="zinio"), make.fact("x", "issue", value="2026-11")
    old = make.fact("x", "issue", value="2026-10", superseded=True)
    lines = group_facts(make.case(facts=(app, old, issue)), {"zinio": "Zinio"})
    assert [(line.key, [v.word for v in line.values]) for line in lines] == [("issue", ["2026-11"]), ("app", ["Zinio"])]


def test_a_partner_is_named_as_the_source(make: Any) -> None:
    told = {"source": FactSource.PARTNER, "source_name": "app_store", "message_id": None}
    [line] = group_facts(make.case(facts=(make.fact("", **told),)), {})
    assert (line.values[0].source, line.values[0].anchor) == ("App store", "")


def test_a_refused_question_shows_only_what_it_asked_for(make: Any) -> None:
    case = make.case(facts=(make.fact("iPadilla"), make.fact("x", "issue", value="2026-11")))
    lines = to_known_lines(AlreadyKnown({"device": ["ipad"]}), case, {})
    assert [line.key for line in lines] == ["device"]
    assert to_known_lines(Conflict("other"), case, {}) == ()
