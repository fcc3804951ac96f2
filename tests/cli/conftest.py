from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from hub.database import Database

Luotsi = Callable[..., Awaitable[Result]]


@pytest.fixture
def luotsi(committed: Database, tmp_path: Path) -> Luotsi:
    """Runs a command of `cli` on a database of its own, in a thread: it has its own event loop."""
    settings = {"LUOTSI_DATABASE_URL": committed.url, "LUOTSI_DATA_DIR": str(tmp_path), "NO_COLOR": "1"}

    async def run(name: str, *arguments: str, stdin: str | bytes | None = None) -> Result:
        app = importlib.import_module(f"cli.{name}").app
        return await asyncio.to_thread(CliRunner(env=settings).invoke, app, arguments, input=stdin)

    return run
