"""kill -9 of any process at any time, then start again: nothing lost, nothing sent twice."""

import pytest

from bench.kills.run import run_kills

KILLS = 6


@pytest.mark.story
def test_nothing_is_lost_and_nothing_is_sent_twice_whatever_is_killed() -> None:
    report = run_kills(KILLS, seed=1, say=print, pause=0.7)
    assert report.finding.faults == []
    assert report.kills.total() == KILLS
    assert report.finding.counts["accepted"] >= KILLS
    assert report.finding.counts["mails out"] > 0
