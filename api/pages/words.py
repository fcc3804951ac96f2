"""The staff's words for the hub's codes, in one place. English."""

from __future__ import annotations

from collections.abc import Mapping

from hub.chain import Sure
from hub.pilot import Call
from hub.ports import LinkStatus, RequestStatus
from hub.tables import EffectState, WorkKind
from hub.texts import find_word

LINK_WORDS: Mapping[LinkStatus, str] = {
    LinkStatus.OK: "OK",
    LinkStatus.WAITING: "Under way",
    LinkStatus.BROKEN: "Broken here",
    LinkStatus.UNKNOWN: "Could not see",
    LinkStatus.NOT_ASKED: "Does not apply",
}
SURE_WORDS: Mapping[Sure, str] = {
    Sure.CERTAIN: "Certain",
    Sure.LIKELY: "Likely: an earlier link could not be seen",
    Sure.UNCLEAR: "Not clear yet",
}
REASON_WORDS: Mapping[str, str] = {
    "no_licence": "no licence was made",
    "not_opened": "issued, not opened on any device",
    "not_published": "not in the publisher's feed",
    "expired": "expired",
    "payment_problem": "payment could not be collected",
    "revoked": "revoked",
    "cancelled": "cancelled",
    "returned": "returned",
    "not_known": "does not know this customer",
    "not_connected": "not connected",
    "down": "does not answer",
    "trouble": "gave an answer we could not use",
}
# Why the owner is called: what to do, in the imperative, and why.
CALL_WORDS: Mapping[str, tuple[str, str]] = {
    Call.RECURRED: ("Write in person", "This has happened to the same customer before, at the same link."),
    Call.NOBODY_KNOWS: ("Find out who this is", "A partner in the chain does not know this customer or item."),
    Call.LOOKS_WHOLE: ("Look closer", "Every partner says it arrived; the customer says it did not."),
    Call.NOT_OURS: ("Take it up yourself", "No remedy or desk is open to the automation here."),
    Call.STILL_BROKEN: ("Try another way", "What was done did not help: the link is still broken."),
    Call.ARRIVED: ("Tell the customer, and close", "It has been seen to arrive."),
}
REQUEST_WORDS: Mapping[RequestStatus, str] = {
    RequestStatus.OPEN: "With them",
    RequestStatus.PENDING: "They wait for us",
    RequestStatus.SOLVED: "Solved there",
}
EFFECT_WORDS: Mapping[EffectState, str] = {
    EffectState.PLANNED: "Waiting to go",
    EffectState.SENDING: "Going out",
    EffectState.DONE: "Done",
    EffectState.PENDING: "Under way at the partner",
    EffectState.REFUSED: "Refused",
    EffectState.UNKNOWN: "Outcome unknown",
    EffectState.WITHDRAWN: "Withdrawn",
}
WORK_WORDS: Mapping[WorkKind, str] = {
    WorkKind.UNDERSTAND: "Mail to read",
    WorkKind.TRACE: "Chains to look at",
    WorkKind.PARTNER_EVENT: "Partner events",
    WorkKind.READ_REQUEST: "Requests to read",
    WorkKind.POLL: "Partner feeds",
}
RULE_WORDS: Mapping[str, str] = {
    "first_message": "First message to the customer",
    "remedy": "Remedies",
    "request": "Requests to partners' desks",
    "answer_partner": "Answers to partners' questions",
    "problem": "Opening problems",
}
LANGUAGE_WORDS: Mapping[str, str] = {"fi": "Finnish", "sv": "Swedish", "en": "English"}


def to_partner_word(partner: str) -> str:
    """`publisher_desk` -> `Publisher desk`."""
    return partner.replace("_", " ").capitalize()


def to_reason_word(reason: str) -> str:
    return REASON_WORDS.get(reason, reason.replace("_", " "))


def to_fact_label(key: str) -> str:
    return find_word("en", f"fact-{key}") or key.replace("_", " ").capitalize()


def to_fact_word(key: str, value: str, titles: Mapping[str, str]) -> str:
    if key in ("publication", "app"):
        return titles.get(value, value)
    return find_word("en", f"value-{value}") or value if value.replace("_", "").isalpha() else value
