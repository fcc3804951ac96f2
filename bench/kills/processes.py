"""The processes of a small hub on this machine: started, killed with SIGKILL and started again, each by its own id."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.partner_environment import PARTNERS, read_environment
from cli.plan import Plan, to_hub, to_postgres, to_sandbox
from cli.ports import choose_ports
from cli.postgres import prepared_postgres
from cli.postgres_place import to_process_user
from cli.process import bound_to_us
from cli.supervisor import Child
from hub.settings import Settings

PORTS = ("http", "smtp", *PARTNERS, "mail_catcher", "mail_catcher_smtp")
PAUSE = 0.3  # seconds before the next try of one that did not come up, as a supervisor would wait
READY = 60.0


class Kept:
    """One child. `falls` counts its ends that nobody ordered."""

    def __init__(self, make: Callable[[], Child], logs: Path) -> None:
        self._make = make
        self._log = logs / f"{make().name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = self.falls = 0

    @property
    def is_ready(self) -> bool:
        return self._process is not None and self._process.poll() is None and self._make().is_ready()

    def start(self) -> None:
        """From the main thread: the child's life hangs on the thread that started it."""
        child = self._make()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                child.argv,
                env=_with_bytecode(child.env, self._log.parent),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=bound_to_us(child.death_signal),
                **to_process_user(child.run_as),
            )

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self._make().stop_signal)
            self._process.wait(20)

    async def wait_ready(self) -> None:
        """Starts it again where it gave up: a database that was killed may need a second try."""
        end = time.monotonic() + READY
        while not await asyncio.to_thread(lambda: self.is_ready):
            if self._process is not None and self._process.poll() is not None:
                self.falls += 1
                await asyncio.sleep(PAUSE)
                self.start()
            if time.monotonic() > end:
                raise TimeoutError(f"not ready in {READY:.0f} s: see {self._log}")
            await asyncio.sleep(0.05)


@dataclass
class Machine:
    """All that runs, by name, in the order of starting."""

    plan: Plan
    processes: dict[str, Kept]

    @property
    def smtp(self) -> tuple[str, int]:
        return ("127.0.0.1", self.plan.ports["smtp"])

    @property
    def sandbox_folder(self) -> Path:
        return self.plan.data_dir / "sandbox"

    def get_url(self, partner: str) -> str:
        return f"http://127.0.0.1:{self.plan.ports[partner]}"

    async def start(self, *names: str) -> None:
        for name in names:
            self.processes[name].start()
            await self.processes[name].wait_ready()

    async def wait_ready(self) -> None:
        for kept in self.processes.values():
            await kept.wait_ready()


def _with_bytecode(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Where Python is told to keep no compiled modules, every start would compile them all anew: seconds of each."""
    if "PYTHONDONTWRITEBYTECODE" not in environment:
        return dict(environment)
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), **kept}


@contextmanager
def open_machine(folder: Path, seed: Path) -> Iterator[Machine]:
    """Nothing runs yet. At the end all that does is stopped, in reverse."""
    ports = choose_ports(folder / "ports.json", dict.fromkeys(PORTS), {})
    settings = Settings(_env_file=None, data_dir=folder)
    with prepared_postgres(folder) as postgres:
        plan = Plan(settings, folder, ports, postgres, str(seed), with_prefect=False)
        makers: dict[str, Callable[[], Child]] = {
            "postgres": lambda: to_postgres(plan),
            "sandbox": lambda: to_sandbox(plan),
            "hub": lambda: to_hub(plan, _read_partners(folder)),
        }
        machine = Machine(plan, {name: Kept(make, folder) for name, make in makers.items()})
        try:
            yield machine
        finally:
            for kept in reversed(machine.processes.values()):
                kept.stop()


def _read_partners(folder: Path) -> dict[str, str]:
    path = folder / "sandbox" / "env"
    return read_environment(path, ()) if path.exists() else {}
