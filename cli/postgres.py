"""The embedded PostgreSQL: our own small launcher over ready-made binaries.

It listens on loopback TCP only, with a password of its own (SCRAM): a socket folder would need a user both sides can
reach, and loopback without a password is open to every user of the machine. What is chosen once (where the data lies,
port, password) is kept in `<data_dir>/postgres.json`, 0600.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from cli.ports import find_free_port, is_free, write_private
from cli.postgres_place import (
    PostgresUnavailable,
    RunAs,
    find_binaries,
    find_run_as,
    make_place,
    reachable_binaries,
    to_process_user,
)
from cli.process import bound_to_us, find_command_line

DATABASES = ("luotsi", "prefect")
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}  # ours may hold PG* settings and secrets
START_SECONDS, STOP_SECONDS = 60.0, 10.0
FOR_A_SMALL_MACHINE = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",  # containers have little shared memory
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Note(BaseModel):
    place: Path
    port: int
    password: str


@dataclass(frozen=True)
class Postgres:
    """A cluster that is ready to be started, and how."""

    binaries: Path
    note: Note
    run_as: RunAs | None
    durable: bool = True

    @property
    def cluster(self) -> Path:
        return self.note.place / "cluster"

    @property
    def pid_file(self) -> Path:
        return self.cluster / "postmaster.pid"

    @property
    def argv(self) -> tuple[str, ...]:
        settings = FOR_A_SMALL_MACHINE | {"port": str(self.note.port)} | ({} if self.durable else NOT_DURABLE)
        options = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        return (str(self.binaries / "postgres"), "-D", str(self.cluster), *options)

    def url(self, database: str, driver: str = "postgresql+asyncpg") -> str:
        return f"{driver}://luotsi:{self.note.password}@127.0.0.1:{self.note.port}/{database}"

    def is_ready(self) -> bool:
        """The server says so on the eighth line of its pid file; a port that answers may still be recovering."""
        return self.find_pid() is not None and self._pid_file_lines()[7:8] == ["ready"]

    def find_pid(self) -> int | None:
        """Of a server that runs on this cluster, whoever started it."""
        lines = self._pid_file_lines()
        pid = int(lines[0]) if lines and lines[0].isdigit() else None
        return pid if pid and str(self.cluster) in find_command_line(pid) else None

    def _pid_file_lines(self) -> list[str]:
        try:
            return [line.strip() for line in self.pid_file.read_text().splitlines()]
        except FileNotFoundError:
            return []


def find_running_url(data_dir: Path, database: str = "luotsi") -> str | None:
    """For commands beside a running `luotsi up`: its database, or None where it does not run."""
    note = _find_note(data_dir.resolve())
    if note is None:
        return None
    postgres = Postgres(Path(), note, None)
    return postgres.url(database) if postgres.is_ready() else None


@contextmanager
def prepared_postgres(data_dir: Path, *, durable: bool = True) -> Iterator[Postgres]:
    """Ours alone while it lasts: initialised, nothing running on it, its port free. The caller starts it."""
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    with _locked(data_dir / "postgres.lock"):
        run_as = find_run_as()
        binaries = reachable_binaries(find_binaries(), run_as)
        note = _find_note(data_dir) or _new_note(data_dir, run_as)
        postgres = Postgres(binaries, note, run_as, durable)
        if not note.place.exists():
            kept = data_dir / "postgres.json"
            raise PostgresUnavailable(f"{note.place} is gone: put it back, or remove {kept} to begin with nothing")
        if not postgres.cluster.exists():
            _initialise(postgres)
        _check_version(postgres)
        _end_left_over(postgres)
        if not is_free(note.port):
            note = note.model_copy(update={"port": find_free_port()})
            write_private(data_dir / "postgres.json", note.model_dump_json())
        yield Postgres(binaries, note, run_as, durable)


@contextmanager
def running_postgres(data_dir: Path, *, durable: bool = True) -> Iterator[Postgres]:
    """Started, ready, and stopped at the end; a kill -9 of this process stops it too. Call it in the main thread.

    Not `durable` is faster and loses data when the machine stops: for tests.
    """
    with prepared_postgres(data_dir, durable=durable) as postgres:
        process = _start(postgres, data_dir / "postgres.log")
        try:
            _wait_ready(postgres, process, data_dir / "postgres.log")
            yield postgres
        finally:
            _stop(process)


@contextmanager
def temporary_postgres() -> Iterator[Postgres]:
    """An empty one for tests, gone at the end with all its files."""
    data_dir = Path(tempfile.mkdtemp(prefix="luotsi-postgres-"))
    data_dir.chmod(0o711)
    note = None
    try:
        with running_postgres(data_dir, durable=False) as postgres:
            note = postgres.note
            yield postgres
    finally:
        shutil.rmtree(data_dir)
        if note is not None:
            shutil.rmtree(note.place, ignore_errors=True)  # where it is not in data_dir


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PostgresUnavailable(f"another luotsi runs on {path.parent}: stop it, or choose --data-dir") from None
        yield


def _find_note(data_dir: Path) -> Note | None:
    kept = data_dir / "postgres.json"
    return Note.model_validate_json(kept.read_bytes()) if kept.exists() else None


def _new_note(data_dir: Path, run_as: RunAs | None) -> Note:
    place = make_place(data_dir, run_as)
    if (place / "cluster").exists():
        raise PostgresUnavailable(f"{place} has a database but postgres.json is gone: put it back, or remove {place}")
    note = Note(place=place, port=find_free_port(), password=secrets.token_urlsafe(24))
    write_private(data_dir / "postgres.json", note.model_dump_json())
    return note


def _initialise(postgres: Postgres) -> None:
    """Beside its place first and moved there whole, so that a kill half-way leaves nothing that looks finished."""
    new = postgres.note.place / "new"
    shutil.rmtree(new, ignore_errors=True)
    password = postgres.note.place / "password"
    write_private(password, postgres.note.password)
    if postgres.run_as is not None:
        os.chown(password, postgres.run_as.uid, postgres.run_as.gid)
    try:
        _run(postgres, "initdb", "-D", str(new), f"--pwfile={password}", *_initdb_options(postgres))
        creates = "".join(f"CREATE DATABASE {name};\n" for name in DATABASES)
        _run(postgres, "postgres", "--single", "-D", str(new), "postgres", text=creates)
    finally:
        password.unlink()
    new.rename(postgres.cluster)


def _initdb_options(postgres: Postgres) -> tuple[str, ...]:
    """Sorting and case by code point, the same on every machine: a new libc or ICU never breaks an index."""
    options: tuple[str, ...] = ("--username=luotsi", "--auth=scram-sha-256", "--encoding=UTF8")
    if not postgres.durable:
        options = (*options, "--no-sync")
    if _major_version(postgres) >= 17:
        return (*options, "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return (*options, "--locale=C.UTF-8")


def _major_version(postgres: Postgres) -> int:
    found = re.search(r"\d+", _run(postgres, "postgres", "--version"))
    return int(found.group()) if found else 0


def _check_version(postgres: Postgres) -> None:
    kept = int((postgres.cluster / "PG_VERSION").read_text())
    ours = _major_version(postgres)
    if kept != ours:
        raise PostgresUnavailable(f"the data in {postgres.cluster} is PostgreSQL {kept}'s, and {ours} is installed")


def _end_left_over(postgres: Postgres) -> None:
    """A server whose supervisor was killed is on its way out: see it out. Never two on one cluster."""
    pid = postgres.find_pid()
    if pid is None:
        return _disown(postgres)
    for order in (signal.SIGINT, signal.SIGQUIT):  # fast, then at once
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        if _is_true_within(STOP_SECONDS, lambda: postgres.find_pid() is None):
            return None
    raise PostgresUnavailable(f"an earlier PostgreSQL (process {pid}) on {postgres.cluster} does not stop")


def _disown(postgres: Postgres) -> None:
    """The number in a stale pid file may be another process's by now, and the server would refuse to start.

    Its parent's number is no hindrance to it. The rest of the file stays: by it the server sees whether some process
    of the old one still holds the shared memory.
    """
    with suppress(FileNotFoundError):
        _, *rest = postgres.pid_file.read_text().splitlines()
        postgres.pid_file.write_text("\n".join([str(os.getpid()), *rest]) + "\n")


def _start(postgres: Postgres, log: Path) -> subprocess.Popen[bytes]:
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)) as file:
        return subprocess.Popen(
            postgres.argv,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,  # Ctrl-C at the terminal is for us: we stop it in its turn
            preexec_fn=bound_to_us(signal.SIGINT),
            cwd="/",
            env=ENVIRONMENT,
            **to_process_user(postgres.run_as),
        )


def _wait_ready(postgres: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    _is_true_within(START_SECONDS, lambda: postgres.is_ready() or process.poll() is not None)
    if process.poll() is not None or not postgres.is_ready():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
        raise PostgresUnavailable(f"PostgreSQL does not start; the end of {log}:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(order)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


def _is_true_within(seconds: float, check: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _run(postgres: Postgres, program: str, *arguments: str, text: str = "") -> str:
    done = subprocess.run(
        [postgres.binaries / program, *arguments],
        input=text,
        text=True,
        capture_output=True,
        cwd="/",
        env=ENVIRONMENT,
        **to_process_user(postgres.run_as),
    )
    if done.returncode:
        raise PostgresUnavailable(f"{program} did not work:\n{done.stdout}{done.stderr}".strip())
    return done.stdout
