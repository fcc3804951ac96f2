from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.ports import answers, is_listening
from cli.process import find_command_line

UP = """
import sys
from pathlib import Path
from cli.running import Options, run_everything
run_everything(Options(Path(sys.argv[1]), 0, 0, None, False, (sys.executable, sys.argv[2]), with_demo=False))
"""
PRETENDED = Path(__file__).with_name("pretended.py")


class Running:
    """A `luotsi up` over stand-ins, in a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.process: subprocess.Popen[str] | None = None
        self.said = ""

    def start(self) -> dict[str, Any]:
        environment = os.environ | {"LUOTSI_APP_STORE_KEY_ID": "mine"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP, self.data_dir, PRETENDED], env=environment, stdout=subprocess.PIPE, text=True
        )
        wait_until((self.data_dir / "run.json").exists)
        run: dict[str, Any] = json.loads((self.data_dir / "run.json").read_text())
        return run

    def end(self, order: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(order)
        self.said += self.process.communicate(timeout=15)[0]


def wait_until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + 90  # a loaded machine is slow, not broken
    while not check():
        assert time.monotonic() < end
        time.sleep(0.05)


def ask(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One for this file: a new cluster is the slow part."""
    home = Path(tempfile.mkdtemp(prefix="luotsi-test-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def running(data_dir: Path) -> Iterator[Running]:
    running = Running(data_dir)
    yield running
    running.end(signal.SIGTERM)


def test_all_of_it_runs_is_told_and_ends(running: Running) -> None:
    run = running.start()
    assert stat.S_IMODE((running.data_dir / "run.json").stat().st_mode) == 0o600
    assert set(run) == {"http", "smtp", "prefect", "sandbox", "mail_catcher", "token", "support_address"}
    assert set(run["sandbox"]) == {"app_store", "delivery", "publisher_desk"}
    told = ask(run["http"])
    assert told["LUOTSI_DATABASE_URL"].startswith("postgresql+asyncpg://luotsi:")
    running.end(signal.SIGTERM)
    assert "Luotsi is running" in running.said
    assert running.said.endswith("stopped\n")
    assert not (running.data_dir / "run.json").exists()
    assert not is_listening(run["smtp"]["port"])


def test_the_hub_gets_the_sandboxes_settings_but_for_partners_that_are_set_otherwise(running: Running) -> None:
    told = ask(running.start()["http"])
    assert told["LUOTSI_DELIVERY_PASSWORD"] == "x"
    assert told["LUOTSI_APP_STORE_KEY_ID"] == "mine"


def test_a_killed_hub_is_back_at_the_same_port(running: Running) -> None:
    url = running.start()["http"]
    first = ask(url)["pid"]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not find_command_line(first))
    wait_until(lambda: answers(url))
    assert ask(url)["pid"] != first


def test_after_a_kill_nothing_is_left_and_the_next_start_is_at_the_same_ports(running: Running) -> None:
    before = running.start()
    hub = ask(before["http"])["pid"]
    running.end(signal.SIGKILL)
    wait_until(lambda: not find_command_line(hub))
    (running.data_dir / "run.json").unlink()
    assert running.start() == before


def test_ctrl_c_is_an_orderly_end_too(running: Running) -> None:
    running.start()
    running.end(signal.SIGINT)
    assert running.said.endswith("stopped\n")
