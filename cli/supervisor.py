"""Runs a few processes together: starts them, starts a died one again, stops all in reverse order, outlives none."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from cli.postgres_place import RunAs, to_process_user
from cli.process import bound_to_us
from hub.errors import LuotsiError

Say = Callable[[str, str], None]
FIRST_PAUSE, LONGEST_PAUSE, STEADY_AFTER = 0.5, 15.0, 30.0


class ChildFailed(LuotsiError):
    pass


def always_ready() -> bool:
    return True


@dataclass(frozen=True)
class Child:
    """One row of the table of what runs. `env` is its whole environment; `is_ready` may block for a second.

    `death_signal` is what it gets when the supervisor is killed; it must be one that the child cannot ignore.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    is_ready: Callable[[], bool] = always_ready
    run_as: RunAs | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 8.0


@dataclass
class _Kept:
    child: Child
    task: asyncio.Task[None] | None = None
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=12))


class Supervisor:
    """`say(name, line)` gets every line that a child writes, and what happens to it. Start it in the main thread."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._kept: dict[str, _Kept] = {}

    def start(self, child: Child) -> None:
        kept = self._kept[child.name] = _Kept(child)
        kept.task = asyncio.create_task(self._keep(kept), name=child.name)

    async def wait_ready(self, name: str, seconds: float) -> None:
        """Raises ChildFailed, with its last lines, when it dies before or is not ready in time."""
        kept = self._kept[name]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not kept.deaths and not await asyncio.to_thread(kept.child.is_ready):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                if not kept.deaths:
                    return
        what = "ended before it was ready" if kept.deaths else f"was not ready in {seconds:.0f} seconds"
        raise ChildFailed("\n  ".join([f"{name} {what}; its last lines:", *kept.last_lines]))

    async def run(self, child: Child) -> None:
        """Once, to its end. Raises ChildFailed when that is not a good one."""
        kept = self._kept[child.name] = _Kept(child)
        code = await self._live(kept)
        del self._kept[child.name]
        if code:
            raise ChildFailed("\n  ".join([f"{child.name} ended with {code}; its last lines:", *kept.last_lines]))

    async def stop(self) -> None:
        for kept in reversed(self._kept.values()):
            await self._stop(kept)

    async def _keep(self, kept: _Kept) -> None:
        loop, pause = asyncio.get_running_loop(), 0.0
        while True:
            started = loop.time()
            code = await self._live(kept)
            if kept.stopping.is_set():
                return
            kept.deaths += 1
            pause = next_pause(pause, loop.time() - started)
            self._say(kept.child.name, f"ended ({describe_end(code)}); starts again in {pause:g} s")
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await kept.stopping.wait()
                    return

    async def _live(self, kept: _Kept) -> int:
        child = kept.child
        # A pipe of our own: asyncio's would make the process seem alive as long as anyone holds it open.
        ours, theirs = os.pipe()
        reader = asyncio.create_task(self._pass_on(kept, ours))
        try:
            process = kept.process = await asyncio.create_subprocess_exec(
                *child.argv,
                env=child.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,  # Ctrl-C at the terminal is for us: each child is stopped in its turn
                preexec_fn=bound_to_us(child.death_signal),
                **to_process_user(child.run_as),
            )
        finally:
            os.close(theirs)
        if kept.stopping.is_set():
            _signal(process, signal.SIGKILL)
        code = await process.wait()
        _end_group(process.pid)
        with suppress(TimeoutError):
            async with asyncio.timeout(1):  # a grandchild of another group may hold it open still
                await reader
        return code

    async def _pass_on(self, kept: _Kept, pipe: int) -> None:
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb", 0)
        )
        rest = b""
        try:
            while chunk := await stream.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._hear(kept, line)
        finally:
            transport.close()
        if rest:
            self._hear(kept, rest)

    def _hear(self, kept: _Kept, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        kept.last_lines.append(text)
        self._say(kept.child.name, text)

    async def _stop(self, kept: _Kept) -> None:
        kept.stopping.set()
        process = kept.process
        if process is not None and process.returncode is None:
            _signal(process, kept.child.stop_signal)
            try:
                async with asyncio.timeout(kept.child.stop_seconds):
                    await process.wait()
            except TimeoutError:
                self._say(kept.child.name, f"did not stop in {kept.child.stop_seconds:g} s: killed")
                _signal(process, signal.SIGKILL)
        if kept.task is not None:
            await kept.task


def next_pause(pause: float, lived: float) -> float:
    """Seconds before the next start: doubled from one early death to the next, short again after a steady life."""
    if lived >= STEADY_AFTER or not pause:
        return FIRST_PAUSE
    return min(pause * 2, LONGEST_PAUSE)


def describe_end(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def _signal(process: asyncio.subprocess.Process, order: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(order)


def _end_group(pid: int) -> None:
    """What the child started itself and left behind: each child leads a session of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
