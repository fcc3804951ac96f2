"""The new part of a mail's text: without the mail it answers and without signature marks. When unsure, more is kept;
the whole text stays beside it, so that nothing a person wrote is ever lost."""

from __future__ import annotations

from hub.mail.reply_lines import FORWARDED, Line, classify_lines

LONGEST = 400_000  # characters; a longer text is shown whole
SIGNATURE_LINES = 10
SIGNATURE_WIDTH = 90
_OWN = (Line.WRITTEN, Line.DEVICE)


def trim_reply(text: str) -> str:
    whole = text.replace("\r\n", "\n").strip()
    if len(whole) > LONGEST:
        return whole
    lines = [line.replace("\xa0", " ").replace("\u200b", "").rstrip("\r") for line in whole.split("\n")]
    kept = _Text(lines, classify_lines(lines))
    kept.cut_old()
    kept.drop_quote_above()
    kept.drop_quote_below()
    kept.drop_signature()
    trimmed = "\n".join(line.rstrip() for line in kept.lines).strip()
    return trimmed or whole


class _Text:
    def __init__(self, lines: list[str], kinds: list[Line]) -> None:
        self.lines = lines
        self.kinds = kinds

    def _keep(self, start: int, end: int) -> None:
        self.lines, self.kinds = self.lines[start:end], self.kinds[start:end]

    def _has_own(self, start: int, end: int | None = None) -> bool:
        return any(kind in _OWN for kind in self.kinds[start:end])

    def cut_old(self) -> None:
        """From the first mark of an old mail on, where something was written before it."""
        for at, kind in enumerate(self.kinds):
            if self._is_old(at, kind) and self._has_own(0, at) and not self._is_forward(at):
                self._keep(0, self._before_rule(at))
                return

    def _is_old(self, at: int, kind: Line) -> bool:
        if kind is Line.OLD:
            return True
        if kind not in (Line.ABOVE_OLD, Line.ABOVE_QUOTE):
            return False
        if Line.QUOTE in self.kinds[at:]:
            return not self._has_own(at)
        return kind is Line.ABOVE_OLD

    def _is_forward(self, at: int) -> bool:
        """What a customer forwards is what they want us to read."""
        return any(FORWARDED.search(line) for line in self.lines[max(0, at - 3) : at + 1])

    def _before_rule(self, at: int) -> int:
        """A line of underscores or dashes above the old mail belongs to it."""
        above = at
        while above and not self.lines[above - 1].strip(" _-=*"):
            above -= 1
        return above

    def drop_quote_above(self) -> None:
        """An answer written below one whole quote. Answers between quotes keep them: they say what is answered."""
        first = next((at for at, kind in enumerate(self.kinds) if kind in _OWN), None)
        if first and self._is_quoted(0, first) and Line.QUOTE not in self.kinds[first:]:
            self._keep(first, len(self.lines))
            return
        kept = [at for at, kind in enumerate(self.kinds) if kind is not Line.ABOVE_OLD]
        if Line.QUOTE in self.kinds:
            self.lines, self.kinds = [self.lines[at] for at in kept], [self.kinds[at] for at in kept]

    def _is_quoted(self, start: int, end: int) -> bool:
        kinds = self.kinds[start:end]
        quoted = (Line.QUOTE, Line.BLANK, Line.ABOVE_OLD)
        return {Line.QUOTE, Line.ABOVE_OLD} <= set(kinds) and all(kind in quoted for kind in kinds)

    def drop_quote_below(self) -> None:
        end = len(self.kinds)
        while end and self.kinds[end - 1] in (Line.QUOTE, Line.BLANK):
            end -= 1
        if self._has_own(0, end):
            self._keep(0, end)

    def drop_signature(self) -> None:
        """A short block after the mark, up to the end; and the one line that a device adds there."""
        for at, kind in enumerate(self.kinds):
            if kind is Line.SIGNATURE and self._has_own(0, at) and self._is_signature(at + 1):
                self._keep(0, at)
                break
        while self.kinds and self.kinds[-1] in (Line.DEVICE, Line.BLANK) and self._is_written():
            self._keep(0, len(self.kinds) - 1)

    def _is_written(self) -> bool:
        return Line.WRITTEN in self.kinds

    def _is_signature(self, start: int) -> bool:
        block = [line for line in self.lines[start:] if line.strip()]
        return len(block) <= SIGNATURE_LINES and all(len(line) <= SIGNATURE_WIDTH for line in block)
