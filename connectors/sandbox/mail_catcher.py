"""A mail server that keeps every mail it is given and shows it: the other end of the relay in trials and tests."""

from __future__ import annotations

import asyncio
import html
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from hub.clock import Clock

LATENCY_SECONDS = 3
_HEADERS = ("Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Reply-To")


class MailFault(StrEnum):
    LATER = "450"
    NEVER = "550"
    CUT = "cut"  # takes it, then hangs up without an answer
    CUT_BEFORE = "cut_before"  # hangs up when it is told whom it is for
    LATENCY = "latency"


class MailFaultOrder(BaseModel):
    """`times` is how many mails it hits; None for all until the order is taken back."""

    kind: MailFault
    times: int | None = None


@dataclass(frozen=True)
class CaughtMail:
    id: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    def to_json(self) -> dict[str, Any]:
        mail = message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat(),
            "from": self.sender,
            "to": list(self.recipients),
            "subject": str(mail["Subject"] or ""),
            "text": _text(mail, "plain"),
            "html": _text(mail, "html"),
            "headers": {name.lower().replace("-", "_"): _header(mail, name) for name in _HEADERS},
            "raw": self.raw.decode("utf-8", "replace"),
        }

    def to_eml(self) -> bytes:
        """As a delivered mail is kept: what the envelope said stands above the mail's own headers."""
        trace = f"Return-Path: <{self.sender}>\nX-Original-To: {', '.join(self.recipients)}\n"
        return f"{trace}Delivery-Date: {self.received_at.isoformat()}\n".encode() + self.raw


def _text(mail: EmailMessage, subtype: str) -> str | None:
    part = mail.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else None


def _header(mail: EmailMessage, name: str) -> str | None:
    return None if mail[name] is None else " ".join(str(mail[name]).split())


def read_eml(path: Path) -> CaughtMail:
    sender, recipients, at, raw = path.read_bytes().split(b"\n", 3)
    return CaughtMail(
        id=int(path.stem),
        received_at=datetime.fromisoformat(_value(at)),
        sender=_value(sender).strip("<>"),
        recipients=tuple(_value(recipients).split(", ")),
        raw=raw,
    )


def _value(line: bytes) -> str:
    return line.decode().partition(": ")[2]


class MailCatcher:
    """`start` opens the SMTP side; `app` is served like every other sandbox partner's. `path` is a folder that keeps
    one .eml for each mail, from which a new catcher goes on."""

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self.clock = clock
        self.path = path
        self.faults: list[MailFaultOrder] = []
        self.mails = list(_read_folder(path)) if path is not None else []
        self._next = self.mails[-1].id + 1 if self.mails else 1
        self._server: asyncio.Server | None = None
        self._doors: set[_CatcherDoor] = set()
        self._empty = asyncio.Event()
        self.app = _make_app(self)

    async def start(self, host: str, port: int) -> None:
        """Port 0 takes a free one."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _CatcherDoor(self), host, port)

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the mail catcher has not been started")
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for door in self._doors:
            door.hang_up()
        if self._doors:
            await self._empty.wait()

    def enter(self, door: _CatcherDoor) -> None:
        self._doors.add(door)
        self._empty.clear()

    def leave(self, door: _CatcherDoor) -> None:
        self._doors.discard(door)
        if not self._doors:
            self._empty.set()

    def keep(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> None:
        mail = CaughtMail(self._next, self.clock.now(), sender, recipients, raw)
        if self.path is not None:
            _write(self.path / f"{mail.id:06}.eml", mail.to_eml())
        self._next += 1
        self.mails.append(mail)

    def forget(self) -> None:
        for path in self.path.glob("*.eml") if self.path is not None else ():
            path.unlink()
        self.mails.clear()

    def take_fault(self) -> MailFault | None:
        """The first order that is left, one of its times used up."""
        if not self.faults:
            return None
        order = self.faults[0]
        if order.times is not None:
            order.times -= 1
            self.faults = [kept for kept in self.faults if kept.times != 0]
        return order.kind


def make_mail_catcher(clock: Clock, path: Path | None = None) -> MailCatcher:
    return MailCatcher(clock, path)


def _read_folder(path: Path) -> Iterator[CaughtMail]:
    path.mkdir(parents=True, exist_ok=True)
    return (read_eml(found) for found in sorted(path.glob("*.eml")))


def _write(path: Path, content: bytes) -> None:
    aside = path.with_suffix(".tmp")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


class _CatcherDoor(SMTP):
    line_length_limit = 1024 * 1024

    def __init__(self, catcher: MailCatcher) -> None:
        self.catcher = catcher
        loop = asyncio.get_running_loop()
        super().__init__(_Catch(catcher), enable_SMTPUTF8=True, hostname="catcher", ident="Luotsi catcher", loop=loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.catcher.enter(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.catcher.leave(self)

    def hang_up(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


class _Catch:
    """aiosmtpd's hooks, with the orders to fail."""

    def __init__(self, catcher: MailCatcher) -> None:
        self.catcher = catcher
        self.fault: MailFault | None = None

    async def handle_RCPT(self, door: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.fault = self.catcher.take_fault()
        if self.fault is MailFault.CUT_BEFORE:
            door.hang_up()
        if self.fault is MailFault.LATER:
            return "450 4.2.0 Ordered fault: try again later"
        if self.fault is MailFault.NEVER:
            return "550 5.1.1 Ordered fault: there is no such address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, door: Any, session: Any, envelope: Any) -> str:
        if self.fault is MailFault.LATENCY:
            await asyncio.sleep(LATENCY_SECONDS)
        self.catcher.keep(envelope.mail_from.strip("<>"), tuple(envelope.rcpt_tos), envelope.content)
        if self.fault is MailFault.CUT:
            door.hang_up()
        return "250 2.0.0 Caught"


def _make_app(catcher: MailCatcher) -> FastAPI:
    app = FastAPI(title="mail catcher (sandbox)", openapi_url=None)

    @app.get("/messages")
    async def messages() -> list[dict[str, Any]]:
        return [mail.to_json() for mail in catcher.mails]

    @app.delete("/messages", status_code=204)
    async def forget() -> None:
        catcher.forget()

    @app.post("/_sandbox/faults", status_code=201)
    async def order(fault: MailFaultOrder) -> MailFaultOrder:
        catcher.faults.append(fault)
        return fault

    @app.delete("/_sandbox/faults", status_code=204)
    async def clear() -> None:
        catcher.faults.clear()

    @app.get("/_sandbox/state")
    async def state() -> dict[str, Any]:
        return {"partner": "mail_catcher", "now": catcher.clock.now(), "faults": catcher.faults}

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return _PAGE.format(count=len(catcher.mails), mails="".join(_to_html(m.to_json()) for m in catcher.mails[::-1]))

    return app


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mail catcher</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}
article{{border-top:1px solid #8886;padding:1rem 0}}h2{{font-size:1.1rem;margin:0}}p{{margin:.2rem 0;opacity:.8}}
pre{{white-space:pre-wrap;font:inherit}}:root{{color-scheme:light dark}}</style>
<h1>Mail catcher</h1><p>{count} mails, newest first. Nothing leaves this machine.</p>{mails}</html>"""


def _to_html(mail: dict[str, Any]) -> str:
    shown = {key: html.escape(str(mail[key] or "")) for key in ("subject", "from", "text", "received_at")}
    people = html.escape(", ".join(mail["to"]))
    return (
        f"<article><h2>{shown['subject'] or '(no subject)'}</h2>"
        f"<p>{shown['from']} to {people}, {shown['received_at']}</p><pre>{shown['text']}</pre></article>"
    )
