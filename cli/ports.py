"""Ports and small private files that are chosen once and kept."""

from __future__ import annotations

import http.client
import os
import socket
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter

from hub.errors import InvalidInput

KEPT = TypeAdapter(dict[str, int])


def find_free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port in TIME_WAIT is free
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def answers(url: str) -> bool:
    """Whether a GET gets a good answer within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException):
        return False


def choose_ports(kept_in: Path, wanted: Mapping[str, int | None], usual: Mapping[str, int]) -> dict[str, int]:
    """A port for each name of `wanted`: the one given there, else the one kept from last time, else the usual one.

    Of a given one that is taken, say so; any other gives way to a free one. 0 is no wish: kept, else free.
    """
    kept = KEPT.validate_json(kept_in.read_bytes()) if kept_in.exists() else {}
    chosen: dict[str, int] = {}
    for name, port in wanted.items():
        patience = 2.0 if name in kept else 0.0  # what a killed run held is let go of within moments
        hoped = port or kept.get(name) or (usual.get(name) if port is None else None)
        if hoped and not _is_free_within(hoped, patience):
            if port:
                raise InvalidInput(f"port {port} ({name}) is in use: give another, or 0 for a free one")
            hoped = None
        chosen[name] = hoped or find_free_port()
    write_private(kept_in, KEPT.dump_json(kept | chosen).decode())
    return chosen


def _is_free_within(port: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not is_free(port):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner only."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    aside.replace(path)
