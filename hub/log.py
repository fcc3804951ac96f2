"""Logs: one line per event, for people or as JSON, with secrets taken out. The standard library's logs come along."""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from hub.settings import Settings

HIDDEN = "[hidden]"
SECRET_NAME = re.compile(r"(?i)password|passphrase|secret|token|authorization|cookie|private_key|api_key|totp")
SECRET_TEXT = re.compile(
    r"(?i)(?P<before>\b(?:bearer|basic)\s+|://[^\s/:@]*:|\b(?:password|secret|token|api_key)=)(?P<secret>[^\s@&,'\"]+)"
)


def configure_logging(settings: Settings) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(settings, shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    _quieten()


def _formatter(settings: Settings, shared: list[Processor]) -> logging.Formatter:
    last: list[Processor]
    if settings.log_format == "json":
        last = [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last = [
            structlog.processors.format_exc_info,
            redact,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
    before = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[before, *last])


def _quieten() -> None:
    """What others log at INFO is ours at WARNING; uvicorn's own handlers go, its lines come through ours."""
    for name in ("httpx", "httpcore", "mail.log", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers, logging.getLogger(name).disabled = [], False
        logging.getLogger(name).setLevel(logging.NOTSET)
        logging.getLogger(name).propagate = True


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: _redacted(name, value) for name, value in event.items()}


def _redacted(name: str, value: object) -> object:
    if SECRET_NAME.search(name) and value is not None:
        return HIDDEN
    if isinstance(value, dict):
        return {key: _redacted(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", inner) for inner in value]
    return SECRET_TEXT.sub(lambda found: found["before"] + HIDDEN, value) if isinstance(value, str) else value
