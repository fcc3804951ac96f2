"""A story from its empty database to its findings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from cli.stories.checks import Finding, check_story
from cli.stories.magazine import play_magazine
from cli.stories.place import story_database
from cli.stories.plot import SEPTEMBER, make_plot
from cli.stories.seen import Seen
from cli.stories.stage import open_stage
from cli.stories.telling import Telling

NAMES = ("magazine",)


async def run_story(server: str, seed: int | None, say: Callable[[str], None]) -> list[Finding]:
    seen, telling = await play_story(server, seed, say)
    findings = check_story(seen)
    telling.tell_findings(findings)
    return findings


async def play_story(server: str, seed: int | None, say: Callable[[str], None]) -> tuple[Seen, Telling]:
    plot = make_plot(seed)
    with tempfile.TemporaryDirectory(prefix="luotsi-story-") as folder:
        async with story_database(server) as url, open_stage(url, plot, SEPTEMBER, Path(folder)) as stage:
            telling = Telling(say, stage.house.zone)
            return await play_magazine(stage, plot, telling), telling
