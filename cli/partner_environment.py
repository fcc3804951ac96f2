"""The partners' settings, from the process of sandboxes to those that speak to them: `<data_dir>/sandbox/env`, 0600."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from dotenv import dotenv_values

from cli.ports import write_private

PARTNERS = ("app_store", "delivery", "publisher_desk")


def write_environment(path: Path, addresses: Mapping[str, str], credentials: Mapping[str, Mapping[str, str]]) -> None:
    """`credentials` by partner, by the names of its settings; a value that begins with `/` is a path at its address."""
    lines = []
    for partner, given in credentials.items():
        for name, value in {"base_url": addresses[partner], **given}.items():
            whole = addresses[partner] + value if value.startswith("/") else value
            lines.append(f"LUOTSI_{partner}_{name}".upper() + f"={_quote(whole)}\n")
    write_private(path, "".join(lines))


def read_environment(path: Path, own: Collection[str]) -> dict[str, str]:
    """As written there, but without partners of whom `own` has settings: never half of the one, half of the other."""
    values = dotenv_values(path, interpolate=False)
    return {name: value for name, value in values.items() if value is not None and not _is_set(name, own)}


def find_own_settings() -> set[str]:
    """The names of what is set for this run, in the environment or in `.env`."""
    return {*os.environ, *dotenv_values(".env")}


def _is_set(name: str, own: Collection[str]) -> bool:
    prefixes = [f"LUOTSI_{partner}_".upper() for partner in PARTNERS]
    return any(name.startswith(prefix) and any(other.startswith(prefix) for other in own) for prefix in prefixes)


def _quote(value: str) -> str:
    """For a shell's `source` as well as for dotenv; line breaks (keys in PEM) stay as they are."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
