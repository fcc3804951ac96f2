"""How a story is told in a terminal: who saw what and when, in the story's own time."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from cli.stories.checks import Finding

WIDTH = 100
MARGIN = " " * 25  # under the time and the party


class Telling:
    def __init__(self, say: Callable[[str], None], zone: str) -> None:
        self._say = say
        self._zone = ZoneInfo(zone)

    def open_chapter(self, title: str, at: datetime) -> None:
        self._say("")
        self._say(f"{title}, {at.astimezone(self._zone):%-d %B %Y}")
        self._say("=" * WIDTH)

    def tell(self, at: datetime, who: str, text: str, quote: str = "") -> None:
        """`quote` are the very words that were written."""
        clock = f"{at.astimezone(self._zone):%H:%M}"
        head = textwrap.wrap(text, WIDTH - len(MARGIN)) or [""]
        self._say("")
        self._say(f"{clock}  {who:<16}  {head[0]}")
        for line in head[1:]:
            self._say(MARGIN + line)
        for line in quote.strip().splitlines():
            for part in textwrap.wrap(
                line, WIDTH - len(MARGIN) - 2, break_long_words=False, break_on_hyphens=False
            ) or [""]:
                self._say((MARGIN + "| " + part).rstrip())

    def tell_findings(self, findings: list[Finding]) -> None:
        self._say("")
        self._say("Promises of MISSION.md")
        self._say("=" * WIDTH)
        for finding in findings:
            word = "kept  " if finding.kept else "BROKEN"
            self._say(f"{word}  {finding.promise:>2}  {finding.title}")
            for line in finding.evidence if finding.kept else finding.faults:
                self._say(textwrap.fill(line, WIDTH, initial_indent=" " * 12 + "- ", subsequent_indent=" " * 14))
        broken = sum(not finding.kept for finding in findings)
        self._say("")
        self._say(f"{broken} of {len(findings)} promises broken" if broken else f"all {len(findings)} promises kept")
