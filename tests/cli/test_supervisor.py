from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cli.process import find_command_line
from cli.supervisor import Child, ChildFailed, Supervisor, next_pause

LASTING = "import time; print('up', flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
LASTS_WORDS = """
import signal, sys, time
signal.signal(15, lambda *_: sys.exit(print('bye', flush=True)))
print('up', flush=True)
time.sleep(60)
"""
WITH_A_CHILD = """
import subprocess, time
grandchild = subprocess.Popen(['sleep', '60'])
print('up', grandchild.pid, flush=True)
time.sleep(60)
"""
SUPERVISOR_OF_A_DEAF_CHILD = f"""
import asyncio, os
from cli.supervisor import Child, Supervisor
DEAF = "import os; print(os.getpid(), flush=True);" + {DEAF!r}
async def main():
    supervisor = Supervisor(lambda name, line: print(line, flush=True))
    supervisor.start(Child("deaf", ({sys.executable!r}, "-c", DEAF), os.environ))
    await asyncio.sleep(60)
asyncio.run(main())
"""


class Heard:
    """What the children said, and those who wait for a line."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.supervisor = Supervisor(lambda name, line: self.lines.append((name, line)))

    def start(self, name: str, code: str, **options: float) -> None:
        self.supervisor.start(python(name, code, **options))

    async def wait_for(self, name: str, text: str, times: int = 1) -> str:
        async with asyncio.timeout(10):
            while len(found := [line for who, line in self.lines if who == name and text in line]) < times:
                await asyncio.sleep(0.02)
        return found[-1]


def python(name: str, code: str, is_ready: Callable[[], bool] = lambda: True, stop_seconds: float = 5) -> Child:
    return Child(name, (sys.executable, "-c", code), os.environ, is_ready=is_ready, stop_seconds=stop_seconds)


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while find_command_line(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not find_command_line(pid)


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    heard = Heard()
    yield heard
    await heard.supervisor.stop()


async def test_a_died_child_is_started_again(heard: Heard) -> None:
    heard.start("mortal", "print('alive'); raise SystemExit(3)")
    await heard.wait_for("mortal", "alive", times=2)
    assert ("mortal", "ended (exit code 3); starts again in 0.5 s") in heard.lines


async def test_a_killed_child_is_started_again(heard: Heard) -> None:
    heard.start("mortal", "import os, time; print('pid', os.getpid(), flush=True); time.sleep(60)")
    os.kill(int((await heard.wait_for("mortal", "pid")).split()[1]), signal.SIGKILL)
    await heard.wait_for("mortal", "pid", times=2)
    assert ("mortal", "ended (killed by SIGKILL); starts again in 0.5 s") in heard.lines


async def test_children_are_stopped_last_started_first(heard: Heard) -> None:
    heard.start("first", LASTS_WORDS)
    heard.start("second", LASTS_WORDS)
    await heard.wait_for("first", "up")
    await heard.wait_for("second", "up")
    await heard.supervisor.stop()
    assert [name for name, line in heard.lines if line == "bye"] == ["second", "first"]


async def test_a_child_that_does_not_hear_is_killed_in_time(heard: Heard) -> None:
    heard.start("deaf", DEAF, stop_seconds=0.3)
    await heard.wait_for("deaf", "up")
    await asyncio.wait_for(heard.supervisor.stop(), 3)
    assert ("deaf", "did not stop in 0.3 s: killed") in heard.lines


async def test_a_child_stops_at_once_though_we_were_started_without_ctrl_c(heard: Heard) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    heard.start("child", "import signal; print(signal.getsignal(signal.SIGINT), flush=True);" + LASTING)
    signal.signal(signal.SIGINT, before)
    assert "default_int_handler" in await heard.wait_for("child", "int")


async def test_what_a_child_started_goes_with_it(heard: Heard) -> None:
    heard.start("parent", WITH_A_CHILD)
    grandchild = int((await heard.wait_for("parent", "up")).split()[1])
    await heard.supervisor.stop()
    assert is_gone(grandchild)


async def test_stopping_in_the_pause_before_a_restart_starts_nothing(heard: Heard) -> None:
    heard.start("mortal", "print('alive')")
    await heard.wait_for("mortal", "ended")
    await heard.supervisor.stop()
    await asyncio.sleep(0.7)
    assert [line for _, line in heard.lines].count("alive") == 1


async def test_a_child_that_dies_before_it_is_ready_is_told_with_its_last_lines(heard: Heard) -> None:
    heard.supervisor.start(python("hub", "print('no database'); raise SystemExit(1)", is_ready=lambda: False))
    with pytest.raises(ChildFailed, match="hub ended before it was ready; its last lines:\n  no database"):
        await heard.supervisor.wait_ready("hub", 10)


async def test_a_child_that_is_never_ready_is_told(heard: Heard) -> None:
    heard.supervisor.start(python("hub", LASTING, is_ready=lambda: False))
    with pytest.raises(ChildFailed, match="not ready in 0 seconds"):
        await heard.supervisor.wait_ready("hub", 0.3)


async def test_a_single_run_that_fails_is_told(heard: Heard) -> None:
    await heard.supervisor.run(python("migrate", "print('done')"))
    with pytest.raises(ChildFailed, match="migrate ended with 2"):
        await heard.supervisor.run(python("migrate", "raise SystemExit(2)"))


async def test_very_long_lines_pass(heard: Heard) -> None:
    heard.start("wordy", "print('x' * 300_000); print('after', end='')")
    await heard.wait_for("wordy", "after")
    assert len(await heard.wait_for("wordy", "xxx")) == 300_000


def test_a_killed_supervisor_leaves_no_child_even_a_deaf_one(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR_OF_A_DEAF_CHILD], stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    assert supervisor.stdout.readline() == b"up\n"
    supervisor.kill()
    supervisor.communicate()
    assert is_gone(child)


def test_pauses_grow_and_are_short_again_after_a_steady_life() -> None:
    assert next_pause(0, 1) == 0.5
    assert next_pause(0.5, 1) == 1
    assert next_pause(14, 1) == 15
    assert next_pause(15, 60) == 0.5
