"""Where in a message each known thing was said: its text in pieces, so that the words themselves are marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.ports import Value
from hub.views.case_values import FactView, MessageView


class Piece(Value):
    """`anchor` is what a fact's link points to; empty for words that no fact stands on. `label` names the fact."""

    text: str
    anchor: str = ""
    label: str = ""


class Told(Value):
    """A message ready to show: what is new in it, and what was quoted before and after."""

    subject: tuple[Piece, ...]
    before: tuple[Piece, ...]
    body: tuple[Piece, ...]
    after: tuple[Piece, ...]


class Span(Value):
    start: int
    end: int
    anchor: str
    key: str


def to_anchor(fact: FactView) -> str:
    return f"m{fact.message_id}-{fact.start}" if fact.start is not None else f"m{fact.message_id}"


def to_told(message: MessageView, facts: Iterable[FactView]) -> Told:
    """A fact's span counts in the subject, two newlines and text."""
    whole = f"{message.subject}\n\n{message.text}"
    spans = _spans(message, facts)
    body_at = len(message.subject) + 2
    new_at = message.text.find(message.reply) if message.reply else -1
    start = body_at + max(new_at, 0)
    end = start + len(message.reply) if new_at >= 0 else len(whole)
    return Told(
        subject=cut(whole, spans, 0, len(message.subject)),
        before=cut(whole, spans, body_at, start) if whole[body_at:start].strip() else (),
        body=cut(whole, spans, start, end),
        after=cut(whole, spans, end, len(whole)) if whole[end:].strip() else (),
    )


def _spans(message: MessageView, facts: Iterable[FactView]) -> list[Span]:
    """The widest first where two start together; one that begins inside another is left out."""
    mine = [
        Span(start=f.start, end=f.end, anchor=to_anchor(f), key=f.key)
        for f in facts
        if f.message_id == message.id and f.start is not None and f.end is not None and f.start < f.end
    ]
    kept: list[Span] = []
    for span in sorted(mine, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def cut(whole: str, spans: Sequence[Span], start: int, end: int) -> tuple[Piece, ...]:
    """`whole[start:end]` in pieces; a span that reaches over an edge is marked up to it."""
    pieces, at = [], start
    for span in spans:
        a, b = max(span.start, at), min(span.end, end)
        if a >= b:
            continue
        pieces += [Piece(text=whole[at:a]), Piece(text=whole[a:b], anchor=span.anchor, label=span.key)]
        at = b
    pieces.append(Piece(text=whole[at:end]))
    return tuple(p for p in pieces if p.text)
