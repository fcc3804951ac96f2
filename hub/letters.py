"""What we write to customers and to partners' desks. Pure: facts in, words out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from hub.ledger import Known
from hub.pilot import Call, Episode, Plan
from hub.ports import Value
from hub.texts import find_word, say, to_moment, to_month

SHOWN = ("publication", "issue", "app", "device", "account_email", "symptom", "since", "happened_before", "steps_tried")
# What a publisher's desk may know of its own reader. Nothing of other partners, no phone, no address.
DESK_MAY_KNOW = (*SHOWN, "customer_number", "error_text", "bought_from")


class Letter(Value):
    """`link` is the one in the text, made anew each time."""

    subject: str
    text: str
    link: str = ""

    @property
    def digest(self) -> str:
        """The same words give the same digest, whatever link they carry."""
        return to_text_digest(self.text.replace(self.link, "") if self.link else self.text)


class Envelope(Value):
    """Who and what a letter to the customer is about. `titles` maps catalogue ids to names."""

    language: str
    name: str
    number: int
    owner: str
    support: str
    link: str
    subject: str
    item: str
    zone: str
    titles: Mapping[str, str] = {}


def to_first_message(
    envelope: Envelope,
    known: Known,
    sentence: str,
    plan: Plan,
    promise: tuple[str, datetime],
    earlier: Episode | None,
) -> Letter:
    """The one automatic message of a case. `promise` is what will hold, and by when."""
    e = envelope
    parts = [
        _greeting(e),
        say(e.language, "automatic", number=e.number, owner=e.owner),
        _block(say(e.language, "understood"), to_fact_lines(known, SHOWN, e.language, e.titles)),
        _block(say(e.language, "found"), [sentence]),
        _known_before(e, earlier),
        _block(say(e.language, "next"), [*_acts(e, plan), _by_when(e, promise)]),
        say(e.language, "person", owner=e.owner),
        say(e.language, "follow", link=e.link),
        say(e.language, "closing", support=e.support),
    ]
    text = "\n\n".join(p for p in parts if p)
    return Letter(subject=to_reply_subject(e.subject, e.language), text=text, link=e.link)


def to_reply(envelope: Envelope, text: str) -> Letter:
    """A person's own words, signed with where to see the case."""
    e = envelope
    signature = say(e.language, "signature", name=e.owner, support=e.support, number=e.number, link=e.link)
    subject = to_reply_subject(e.subject, e.language)
    return Letter(subject=subject, text=f"{text.strip()}\n\n-- \n{signature}", link=e.link)


def to_request(envelope: Envelope, known: Known, found: str, ask: str, earlier: Episode | None) -> Letter:
    """Our ticket at a desk, with all that is known written in, so that they need not ask."""
    e = envelope
    known_lines = to_fact_lines(known, DESK_MAY_KNOW, e.language, e.titles)
    again = say(e.language, "request-again", month=to_month(earlier.at, e.language)) if earlier else ""
    parts = [
        say(e.language, "request-intro") + f" {e.item}",
        _block(say(e.language, "request-found"), [found]),
        _block(say(e.language, "request-known"), known_lines),
        again,
        _block(say(e.language, "request-ask"), [ask]),
        say(e.language, "closing", support=e.support),
    ]
    what = (known.get("symptom") or [""])[0]
    subject = say(e.language, "request-subject", item=e.item, what=_value_word("symptom", what, e.language, {}))
    return Letter(subject=subject.rstrip(": "), text="\n\n".join(p for p in parts if p))


def to_answer(asks: Iterable[str], known: Known, language: str, titles: Mapping[str, str]) -> str:
    """What a desk asked for, from what is known and what it may know; and what not to ask for again."""
    may = [key for key in asks if key in DESK_MAY_KNOW]
    parts = [_block(say(language, "answer-intro"), to_fact_lines(known, may, language, titles))]
    if known.get("steps_tried") and "steps_tried" not in may:
        parts.append(_block(say(language, "answer-tried"), to_fact_lines(known, ["steps_tried"], language, titles)))
    return "\n\n".join(parts)


def to_draft(call: Call, envelope: Envelope, earlier: Episode | None) -> str:
    """A first wording for the owner, where there is one; empty otherwise."""
    e = envelope
    if call is Call.ARRIVED:
        return f"{_greeting(e)}\n\n{say(e.language, 'draft-arrived', item=e.item)}"
    if call is Call.RECURRED and earlier is not None:
        month = to_month(earlier.at, e.language)
        return f"{_greeting(e)}\n\n{say(e.language, 'draft-recurred', month=month, number=earlier.number)}"
    return ""


def to_reply_subject(subject: str, language: str) -> str:
    bare = subject.strip() or say(language, "no-subject")
    return bare if bare.lower().startswith("re:") else say(language, "reply-subject", subject=bare)


def to_fact_lines(known: Known, keys: Sequence[str], language: str, titles: Mapping[str, str]) -> list[str]:
    """`Lehti: Harvard Business Review`, a line a key, in the order of `keys`."""
    return [
        f"{say(language, f'fact-{key}')}: {', '.join(_value_word(key, v, language, titles) for v in known[key])}"
        for key in keys
        if known.get(key)
    ]


def to_text_digest(text: str) -> str:
    """The same words give the same digest, however the lines are folded."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def _value_word(key: str, value: str, language: str, titles: Mapping[str, str]) -> str:
    if key in ("publication", "app"):
        return titles.get(value, value)
    return find_word(language, f"value-{value}") or value


def _greeting(e: Envelope) -> str:
    first = e.name.split()[0] if e.name.split() else ""
    return say(e.language, "greeting", name=first) if first else say(e.language, "greeting-nobody")


def _known_before(e: Envelope, earlier: Episode | None) -> str:
    if earlier is None:
        return ""
    return say(e.language, "known-before", month=to_month(earlier.at, e.language), number=earlier.number, owner=e.owner)


def _acts(e: Envelope, plan: Plan) -> list[str]:
    acts = []
    if plan.remedy == "redeliver":
        acts.append(say(e.language, "next-redeliver", item=e.item))
    if plan.request:
        acts.append(say(e.language, "next-request"))
    if plan.call is not None or not acts:
        acts.append(say(e.language, "next-person", owner=e.owner))
    return [*acts, say(e.language, "next-watch")]


def _by_when(e: Envelope, promise: tuple[str, datetime]) -> str:
    return say(e.language, "by-when", promise=promise[0], when=to_moment(promise[1], e.language, e.zone))


def _block(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  - {line}" for line in lines)]) if lines else ""
