from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from hub.errors import InvalidInput
from hub.settings import Settings, load_settings


def test_environment_variables_win_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("LUOTSI_HTTP_PORT=9001\nLUOTSI_SUPPORT_NAME=Apu\nLUOTSI_APP_STORE_KEY=x\n")
    monkeypatch.setenv("LUOTSI_HTTP_PORT", "9002")
    settings = Settings()
    assert (settings.http_port, settings.support_name) == (9002, "Apu")


def test_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    first = settings.get_secret_key()
    assert len(first) >= 32
    assert Settings(data_dir=tmp_path / "new").get_secret_key() == first
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600


def test_processes_that_ask_at_once_get_the_same_secret_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: Settings(data_dir=tmp_path).get_secret_key(), range(8)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_short_secret_key_is_not_accepted() -> None:
    with pytest.raises(ValidationError, match="secret_key"):
        Settings(secret_key="short")


def test_relay_is_read_as_host_and_port() -> None:
    assert Settings(smtp_relay="[::1]:25").get_relay() == ("::1", 25)
    assert Settings().get_relay() is None


def test_a_relay_without_a_port_is_not_accepted() -> None:
    with pytest.raises(ValidationError, match="smtp_relay"):
        Settings(smtp_relay="relay.example")


def test_public_url_has_no_slash_at_the_end() -> None:
    assert Settings(public_url="https://hub.example/").get_public_url() == "https://hub.example"
    assert Settings(http_port=8123).get_public_url() == "http://127.0.0.1:8123"


def test_a_wrong_setting_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTSI_HTTP_PORT", "eighty")
    with pytest.raises(InvalidInput, match="LUOTSI_HTTP_PORT: Input should be a valid integer"):
        load_settings()
