import json
import subprocess
import sys
from typing import Any

import pytest

from flows.tracking import Tracker, Untracked


async def get_seven() -> int:
    return 7


async def test_untracked_work_is_simply_done() -> None:
    assert await Untracked().track("trace", "trace case 1001", get_seven) == 7


async def test_with_prefect_away_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    tracker = Tracker()
    tracker.is_up = True
    assert await tracker.track("trace", "trace case 1001", get_seven) == 7
    assert not tracker.is_up


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What a Prefect server showed of one run that went well and one that failed."""
    run = subprocess.run([sys.executable, "-m", "tests.flows.tracked_run"], capture_output=True, text=True, timeout=300)
    shown: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return shown


@pytest.mark.prefect
def test_a_run_is_seen_under_its_name_and_linked_to_its_case(told: dict[str, Any]) -> None:
    assert told["runs"]["well"] == ["Completed", ["case:1001"]]


@pytest.mark.prefect
def test_a_fault_of_the_work_is_the_works_own_and_is_seen(told: dict[str, Any]) -> None:
    assert told["results"] == ["7", "ValueError('ours')"]
    assert told["runs"]["badly"][0] == "Failed"
    assert told["is_up"]
