"""JSON on the terminal: one value to read, or one to a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from hub.errors import InvalidInput


def print_json(value: Any) -> None:
    _write(json.dumps(value, ensure_ascii=False, indent=2))


def print_line(value: Any) -> None:
    _write(json.dumps(value, ensure_ascii=False))


def _write(text: str) -> None:
    """UTF-8 whatever the terminal's locale; half a surrogate pair, which UTF-8 cannot hold, as JSON escapes it."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def parse_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects with the numbers of their lines. InvalidInput for a line that holds none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"line {number}: {error}") from error
        if not isinstance(value, dict):
            raise InvalidInput(f"line {number}: this is no JSON object")
        yield number, value
