"""What every process we start has in common: its signals are as by default, and it does not outlive us."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1


def bound_to_us(death_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`, which runs after the change of user: that change would clear the death signal.

    The kernel sends it when the starting thread ends, so start processes from the main thread. Linux only; elsewhere
    a supervisor that is killed leaves its children to the next start.
    """
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def prepare() -> None:
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_DFL)  # an ignored signal would stay ignored in the child, for good
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:
                os._exit(1)  # we were killed before the line above

    return prepare


def find_command_line(pid: int) -> str:
    """Empty where there is no such process (or it is only waiting to be buried)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "" if Path("/proc/self").exists() else _ask_ps(pid)


def _ask_ps(pid: int) -> str:
    with os.popen(f"ps -o command= -p {int(pid)}") as answer:
        return answer.read().strip()
