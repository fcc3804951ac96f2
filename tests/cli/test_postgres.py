from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from cli.postgres import Note, Postgres, find_running_url, prepared_postgres, running_postgres, temporary_postgres
from cli.postgres_place import (
    PostgresUnavailable,
    find_binaries,
    find_run_as,
    make_place,
    reachable_binaries,
    to_process_user,
)
from cli.process import find_command_line

HOLD = "import sys, time; from pathlib import Path; from cli.postgres import running_postgres\n"
HOLD += "with running_postgres(Path(sys.argv[1]), durable=False): print('ready', flush=True); time.sleep(60)"


async def ask(postgres: Postgres, sql: str, database: str = "luotsi") -> object:
    connection = await asyncpg.connect(postgres.url(database, driver="postgresql"))
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def wait_until(check: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not check() and time.monotonic() < end:
        time.sleep(0.05)
    return check()


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """One cluster for this file: started, killed and started again by the tests."""
    home = Path(tempfile.mkdtemp(prefix="luotsi-test-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


async def test_both_databases_are_there_and_know_finnish_letters(data_dir: Path) -> None:
    with running_postgres(data_dir, durable=False) as postgres:
        assert await ask(postgres, "SELECT lower('ÄÖÅ') || current_setting('TimeZone')") == "äöåUTC"
        assert await ask(postgres, "SELECT current_database()", "prefect") == "prefect"


async def test_it_starts_again_with_its_data_on_the_same_port(data_dir: Path) -> None:
    with running_postgres(data_dir, durable=False) as first:
        await ask(first, "CREATE TABLE kept AS SELECT 7 AS number")
    with running_postgres(data_dir, durable=False) as second:
        assert await ask(second, "SELECT number FROM kept") == 7
    assert second.note == first.note


async def test_it_is_gone_after_the_end_and_nobody_is_told_of_it(data_dir: Path) -> None:
    with running_postgres(data_dir, durable=False) as postgres:
        assert find_running_url(data_dir) == postgres.url("luotsi")
    assert postgres.find_pid() is None
    assert find_running_url(data_dir) is None


async def test_nobody_gets_in_without_the_password(data_dir: Path) -> None:
    with running_postgres(data_dir, durable=False) as postgres, pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url("luotsi", "postgresql").replace(postgres.note.password, "guess"))
    assert stat.S_IMODE((data_dir / "postgres.json").stat().st_mode) == 0o600


async def test_a_port_that_was_taken_meanwhile_is_replaced(data_dir: Path) -> None:
    with prepared_postgres(data_dir) as before:
        pass
    with socket.create_server(("127.0.0.1", before.note.port)), running_postgres(data_dir, durable=False) as postgres:
        assert postgres.note.port != before.note.port
        assert await ask(postgres, "SELECT 1") == 1


async def test_a_second_launcher_on_the_same_data_is_refused(data_dir: Path) -> None:
    with (
        prepared_postgres(data_dir),
        pytest.raises(PostgresUnavailable, match="another luotsi"),
        prepared_postgres(data_dir),
    ):
        pass


async def test_it_stops_when_its_supervisor_is_killed_and_starts_again(data_dir: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, data_dir], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    holder.kill()
    holder.communicate()
    with running_postgres(data_dir, durable=False) as postgres:
        assert await ask(postgres, "SELECT 1") == 1


async def test_one_that_still_runs_on_our_data_is_ended_first(data_dir: Path) -> None:
    with prepared_postgres(data_dir, durable=False) as postgres:
        orphan = subprocess.Popen(postgres.argv, cwd="/", stderr=subprocess.DEVNULL, **to_process_user(find_run_as()))
        assert wait_until(postgres.is_ready)
    with running_postgres(data_dir, durable=False) as again:
        assert orphan.wait(5) is not None
        assert await ask(again, "SELECT 1") == 1


async def test_a_stale_pid_file_that_names_another_process_is_no_hindrance(data_dir: Path) -> None:
    with running_postgres(data_dir, durable=False) as postgres:
        pid = postgres.find_pid()
        assert pid
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: "postgres" not in find_command_line(pid))
    with subprocess.Popen(["sleep", "60"], **to_process_user(find_run_as())) as stranger:
        lines = postgres.pid_file.read_text().splitlines()
        postgres.pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with running_postgres(data_dir, durable=False) as again:
            assert await ask(again, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


async def test_a_temporary_one_leaves_nothing_behind() -> None:
    with temporary_postgres() as postgres:
        assert await ask(postgres, "SELECT 1") == 1
    assert not postgres.note.place.exists()


def test_lost_files_are_said_plainly(tmp_path: Path) -> None:
    note = Note(place=tmp_path / "gone", port=1, password="x")
    (tmp_path / "postgres.json").write_text(note.model_dump_json())
    with pytest.raises(PostgresUnavailable, match="gone: put it back"), prepared_postgres(tmp_path):
        pass


async def test_lost_password_is_said_plainly(data_dir: Path) -> None:
    with prepared_postgres(data_dir, durable=False):
        note = data_dir / "postgres.json"
    kept = note.rename(data_dir / "aside")
    with pytest.raises(PostgresUnavailable, match="put it back"), prepared_postgres(data_dir):
        pass
    kept.rename(note)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


@as_root
def test_binaries_that_the_user_cannot_reach_are_copied_and_work_there(tmp_path: Path) -> None:
    run_as, package = find_run_as(), find_binaries().parent.parent
    for part in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(part), tmp_path / part)
    locked = tmp_path / package.name / "pginstall" / "bin"
    fallback = Path(tempfile.mkdtemp())
    copy = reachable_binaries(locked, run_as, fallback)
    told = subprocess.check_output([copy / "initdb", "--version"], env={}, cwd="/", **to_process_user(run_as))
    assert b"PostgreSQL" in told
    assert reachable_binaries(locked, run_as, fallback) == copy
    shutil.rmtree(fallback)


@as_root
def test_data_goes_to_the_fallback_place_when_the_user_cannot_reach_it(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    run_as = find_run_as()
    place = make_place(locked, run_as, tmp_path / "fallback")
    assert place.parent == tmp_path / "fallback"
    assert place.stat().st_uid == (run_as and run_as.uid)
    assert make_place(locked, run_as, tmp_path / "fallback") != place
