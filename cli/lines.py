"""What the terminal shows, and what only goes to the log files: `<data_dir>/logs/<name>.log`."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

WIDTH = 9
COLOURS = {"luotsi": "1", "hub": "36", "flows": "35", "prefect": "34", "sandbox": "33", "postgres": "32"}


class Lines:
    """`quiet` ones are not shown, unless they tell of an end or of errors at the start."""

    def __init__(self, folder: Path, quiet: frozenset[str]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._quiet = folder, quiet
        self._files: dict[str, RotatingFileHandler] = {}

    def write(self, name: str, line: str) -> None:
        """A line that the child `name` wrote."""
        self._file(name).emit(logging.makeLogRecord({"msg": "%s", "args": (line,)}))
        if name not in self._quiet:
            self._show(name, line)

    def tell(self, line: str) -> None:
        """A line of our own."""
        self._show("luotsi", line)

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            path = self._folder / f"{name}.log"
            self._files[name] = RotatingFileHandler(path, maxBytes=5_000_000, backupCount=1, encoding="utf-8")
        return self._files[name]

    def _show(self, name: str, line: str) -> None:
        label = name.ljust(WIDTH)
        if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
            label = f"\033[{COLOURS.get(name, '0')}m{label}\033[0m"
        with suppress(BrokenPipeError):  # who read our output has gone; the work goes on
            print(f"{label} {line}", flush=True)
