from __future__ import annotations

import subprocess
import sys


def luotsi(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cli.main", *arguments], capture_output=True, text=True)


def test_help_names_the_commands_and_imports_nothing_heavy() -> None:
    told = luotsi("--help")
    assert "migrate" in told.stdout
    listed = "import sys; from cli.main import app; app(['--help'], standalone_mode=False)\n"
    heavy = "print(sorted({'fastapi', 'sqlalchemy', 'prefect', 'httpx', 'uvicorn'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", listed + heavy], text=True).endswith("[]\n")


def test_a_command_has_its_own_help() -> None:
    assert "--data-dir" in luotsi("up", "--help").stdout


def test_an_unknown_command_is_said() -> None:
    told = luotsi("sail")
    assert told.returncode == 2
    assert "No such command" in told.stderr


def test_an_error_of_ours_is_told_in_one_line() -> None:
    told = luotsi("up", "--data-dir", "/dev/null/x")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
