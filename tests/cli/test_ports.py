from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from cli.ports import choose_ports, find_free_port, is_listening, write_private
from hub.errors import InvalidInput


def test_a_chosen_port_stays_the_same(tmp_path: Path) -> None:
    first = choose_ports(tmp_path / "ports.json", {"http": 0, "smtp": None}, {})
    assert choose_ports(tmp_path / "ports.json", {"http": None, "smtp": 0}, {"http": 1}) == first


def test_a_given_port_wins_over_the_kept_one(tmp_path: Path) -> None:
    choose_ports(tmp_path / "ports.json", {"http": 0}, {})
    given = find_free_port()
    assert choose_ports(tmp_path / "ports.json", {"http": given}, {}) == {"http": given}


def test_a_given_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InvalidInput, match=r"\(http\) is in use"):
        choose_ports(tmp_path / "ports.json", {"http": taken.getsockname()[1]}, {})


def test_a_usual_port_that_is_taken_gives_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert choose_ports(tmp_path / "ports.json", {"http": None}, {"http": port})["http"] != port


def test_the_usual_port_is_the_first_choice(tmp_path: Path) -> None:
    usual = find_free_port()
    assert choose_ports(tmp_path / "ports.json", {"http": None}, {"http": usual}) == {"http": usual}


def test_listening_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert is_listening(server.getsockname()[1])
    assert not is_listening(find_free_port())


def test_a_private_file_is_replaced_whole_and_read_by_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    write_private(tmp_path / "f", "new")
    assert (tmp_path / "f").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 1
