from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from hub.log import HIDDEN, configure_logging, redact
from hub.settings import Settings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    line: dict[str, object] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return line


def test_json_line_says_when_where_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    structlog.get_logger("hub.intake").info("mail stored", case=12)
    line = last_line(capsys)
    assert (line["event"], line["case"], line["level"], line["logger"]) == ("mail stored", 12, "info", "hub.intake")
    assert str(line["timestamp"]).endswith("Z")


def test_logs_of_the_standard_library_come_out_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    logging.getLogger("uvicorn.error").warning("slow %s", "client")
    assert last_line(capsys)["event"] == "slow client"


def test_a_secret_in_an_exception_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    try:
        raise ValueError("postgresql://luotsi:hunter2@127.0.0.1/luotsi")
    except ValueError:
        structlog.get_logger().exception("no database")
    line = last_line(capsys)
    assert "hunter2" not in str(line)
    assert "ValueError" in str(line["exception"])


@pytest.mark.parametrize(
    "event",
    [
        {"password": "hunter2"},
        {"headers": {"Authorization": "Basic hunter2"}},
        {"rows": [{"api_token": "hunter2"}]},
        {"event": "sent Bearer hunter2"},
        {"event": "GET /s?token=hunter2&x=1"},
    ],
)
def test_secrets_are_hidden_wherever_they_stand(event: dict[str, object]) -> None:
    assert "hunter2" not in str(redact(None, "", event))
    assert HIDDEN in str(redact(None, "", event))


def test_plain_words_stay() -> None:
    event = {"event": "basically nothing: mail from matti@example.fi", "count": 3}
    assert redact(None, "", event) == event
