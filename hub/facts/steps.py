"""Key `steps_tried`: what the sender says was done; the words in words/*.yaml are forms that say done, not to do."""

from __future__ import annotations

from collections.abc import Iterator

from hub.facts.clauses import Clause, Sentence
from hub.facts.devices import iter_devices
from hub.facts.model import FoundFact
from hub.facts.reading import Reading
from hub.facts.vocabulary import Hit

# A step that its verb alone tells
ALONE = {
    "reinstall_done": "reinstalled_app",
    "logout_in_done": "logged_out_and_in",
    "restore_done": "restored_purchases",
    "network_fine": "checked_network",
    "fuses_fine": "checked_fuses",
    "other_device": "other_device",
    "waited": "waited",
    "reopen_done": "restarted_app",
}
# A step that a verb and its object tell together
WITH_OBJECT = (
    ("clear_done", ("cache",), "cleared_cache"),
    ("change_done", ("password",), "changed_password"),
    ("intact", ("fuse_word",), "checked_fuses"),
    ("remove_done", ("redownload_done",), "reinstalled_app"),
)
# What a verb of checking looked at
CHECKED = {
    "email_word": "checked_email",
    "subscription": "checked_subscription",
    "network_word": "checked_network",
    "fuse_word": "checked_fuses",
}
DEVICES = ("device_word", "dev_iphone", "dev_ipad", "dev_mac", "dev_windows", "dev_kindle", "dev_android_phone",
           "dev_android_tablet", "android", "brand_android", "phone_word", "tablet_word")  # fmt: skip
APPS = ("app_word", "app", "dev_web")
REACH = 6  # words between a verb and its object


# Nouns and gerunds say that a step was done only where its outcome is told: `reinstalling did not help`
NAMED_ALONE = {
    "reinstall_noun": "reinstalled_app",
    "logout_noun": "logged_out_and_in",
    "restore_noun": "restored_purchases",
    "restart_app_noun": "restarted_app",
    "restart_device_noun": "restarted_device",
    "clear_noun": "cleared_cache",
    "change_noun": "changed_password",
    "update_noun": "updated_app",
    "wait_noun": "waited",
}


def _has_outcome(clause: Clause, before: Clause | None) -> bool:
    goes_on = before is not None and clause.opener == "and" and before.has("no_help")
    return clause.has("no_help") or goes_on


def is_done(clause: Clause, before: Clause | None) -> bool:
    """Denied words are about the outcome where the clause says it did not help."""
    return not clause.supposed and (not clause.denied or _has_outcome(clause, before))


def _distance(left: Hit, right: Hit) -> int:
    return max(right.first - left.last, left.first - right.last, 0)


def _find_object(sentence: Sentence, verb: Hit, concepts: tuple[str, ...]) -> Hit | None:
    near = [hit for hit in sentence.list_hits(*concepts) if _distance(verb, hit) <= REACH]
    return min(near, key=lambda hit: _distance(verb, hit), default=None)


def _find_named(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[FoundFact]:
    for concept, step in NAMED_ALONE.items():
        for hit in clause.get(concept):
            yield reading.to_fact("steps_tried", step, sentence.get_span(hit))


def _find_alone(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[FoundFact]:
    for concept, step in ALONE.items():
        for hit in clause.get(concept):
            yield reading.to_fact("steps_tried", step, sentence.get_span(hit))


def _find_meant(reading: Reading, sentence: Sentence, verb: Hit, concepts: tuple[str, ...]) -> Hit | None:
    """The object near the verb, or the one that `it` beside the verb stands for: the last named before it."""
    found = _find_object(sentence, verb, concepts)
    if found or not any(_distance(verb, hit) <= 2 for hit in sentence.list_hits("it")):
        return found
    before = [hit for near in reading.list_before(sentence.start, 2) for hit in near.list_hits(*concepts)]
    return before[-1] if before else None


def _find_with_object(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[FoundFact]:
    for concept, objects, step in WITH_OBJECT:
        for verb in clause.get(concept):
            if _find_meant(reading, sentence, verb, objects):
                yield reading.to_fact("steps_tried", step, sentence.get_span(verb))


def _find_checks(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[FoundFact]:
    """The nearest thing that can be checked, and one joined to it: `checked the fuses and the connection`."""
    for verb in clause.get("check_done"):
        nearest = _find_meant(reading, sentence, verb, tuple(CHECKED))
        for concept in dict.fromkeys(hit.concept for hit in _list_joined(sentence, nearest)):
            yield reading.to_fact("steps_tried", CHECKED[concept], sentence.get_span(verb))


def _list_joined(sentence: Sentence, nearest: Hit | None) -> list[Hit]:
    if nearest is None:
        return []
    joins = [hit.first for hit in sentence.list_hits("and")]
    beside = [hit for hit in sentence.list_hits(*CHECKED) if _distance(nearest, hit) <= 3]
    return [nearest, *(hit for hit in beside if any(nearest.last < at < hit.first for at in joins))]


def _list_restarted(sentence: Sentence, verb: Hit) -> set[str]:
    """What was restarted: the nearest of app and device, and what is joined to it by `and`."""
    app, device = _find_object(sentence, verb, APPS), _find_object(sentence, verb, DEVICES)
    if app and device and abs(app.first - device.first) <= 2 and sentence.get_clause(verb.first).last >= 0:
        between = sorted((app.last, device.last))
        if any(hit.concept == "and" and between[0] <= hit.first <= between[1] for hit in sentence.hits):
            return {"restarted_app", "restarted_device"}
    if app and (not device or _distance(verb, app) < _distance(verb, device)):
        return {"restarted_app"}
    return {"restarted_device"}


def _find_restarts(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[FoundFact]:
    for verb in clause.get("restart_done"):
        for step in sorted(_list_restarted(sentence, verb)):
            yield reading.to_fact("steps_tried", step, sentence.get_span(verb))


def _find_updates(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[FoundFact]:
    for verb in clause.get("update_done"):
        if _find_object(sentence, verb, ("app_word", "app")):
            yield reading.to_fact("steps_tried", "updated_app", sentence.get_span(verb))


def _find_tries(reading: Reading, sentence: Sentence, clause: Clause) -> Iterator[FoundFact]:
    """`tried on the iPad as well`."""
    if clause.has("try_done") and clause.has(*DEVICES) and sentence.has("other_mark"):
        yield reading.to_fact("steps_tried", "other_device", reading.to_clause_span(sentence, clause))


def _find_second_device(reading: Reading) -> Iterator[FoundFact]:
    """A failure seen on two named devices is one tried on another; a browser is no device here."""
    seen: dict[str, tuple[Sentence, Hit]] = {}
    for sentence, hit, device in iter_devices(reading):
        if device != "web":
            seen.setdefault(device, (sentence, hit))
    for sentence, hit in list(seen.values())[1:2]:
        yield reading.to_fact("steps_tried", "other_device", sentence.get_span(hit))


FINDERS = (_find_alone, _find_with_object, _find_checks, _find_restarts, _find_updates, _find_tries)


def _find_in(reading: Reading, sentence: Sentence) -> Iterator[FoundFact]:
    for before, clause in zip([None, *sentence.clauses], sentence.clauses, strict=False):
        if _has_outcome(clause, before) and not clause.supposed:
            yield from _find_named(reading, sentence, clause)
        if is_done(clause, before):
            for find in FINDERS:
                yield from find(reading, sentence, clause)


def find_steps(reading: Reading) -> Iterator[FoundFact]:
    for sentence in reading.sentences:
        if not sentence.is_question or sentence.has("question_open"):
            yield from _find_in(reading, sentence)
    yield from _find_second_device(reading)
