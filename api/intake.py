"""The door for mail: SMTP and LMTP in the application's own event loop.

A mail is accepted (250) only once `store` has returned. Whatever goes wrong before that is answered with a 4xx, so that
the sender keeps the mail and tries again.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from hub.clock import Clock

log = logging.getLogger(__name__)

TRY_LATER = "451 4.3.0 The mail could not be stored just now; please try again later"


class Channel(StrEnum):
    SMTP = "smtp"
    LMTP = "lmtp"


@dataclass(frozen=True)
class Envelope:
    """What came in, as it came. `sender` is empty for `<>`. `raw` is the mail's octets without SMTP's dot-stuffing."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    peer: str
    received_at: datetime
    channel: Channel


@dataclass(frozen=True)
class Limits:
    """Octets, connections at one time, recipients of one mail; seconds of silence, and for one mail's whole DATA."""

    size: int = 25 * 1024 * 1024
    connections: int = 200
    recipients: int = 1000
    idle: float = 300
    data: float = 900


Store = Callable[[Envelope], Awaitable[None]]


class MailIntake:
    """`is_recipient` is asked at each RCPT. With `tls` the door offers STARTTLS."""

    def __init__(
        self,
        store: Store,
        is_recipient: Callable[[str], bool],
        clock: Clock,
        *,
        channel: Channel = Channel.SMTP,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.store = store
        self.is_recipient = is_recipient
        self.clock = clock
        self.channel = channel
        self.limits = limits or Limits()
        self.tls = tls
        self._open: set[_Door] = set()
        self._empty = asyncio.Event()
        self._storing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Port 0 takes a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._answer, host, port)

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the intake has not been started")
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Takes no more, hangs up, and waits for what is being stored."""
        if self._server is not None:
            self._server.close()
        for door in self._open:
            door.hang_up()
        await asyncio.gather(*self._storing, return_exceptions=True)
        if self._open:
            await self._empty.wait()

    def enter(self, door: _Door) -> None:
        self._open.add(door)
        self._empty.clear()

    def leave(self, door: _Door) -> None:
        self._open.discard(door)
        if not self._open:
            self._empty.set()

    def _answer(self) -> asyncio.BaseProtocol:
        if len(self._open) >= self.limits.connections:
            return _Busy()
        return (_LmtpDoor if self.channel is Channel.LMTP else _Door)(self)

    async def take(self, envelope: Envelope) -> None:
        """Runs to its end even when the sender hangs up meanwhile: half a write helps nobody."""
        task = asyncio.ensure_future(self.store(envelope))
        self._storing.add(task)
        task.add_done_callback(self._stored)
        await asyncio.shield(task)

    def _stored(self, task: asyncio.Task[None]) -> None:
        self._storing.discard(task)
        if not task.cancelled() and (trouble := task.exception()) is not None:
            log.error("a mail could not be stored and was not accepted", exc_info=trouble)


class _Busy(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.3.2 Too many connections; please try again later\r\n")
        transport.close()


class _Door(SMTP):
    """One connection. DATA is read here and not by aiosmtpd, which refuses lines of over 1,001 octets and knows no
    limit of time for a mail that trickles in."""

    command_size_limit = 4096
    line_length_limit = 64 * 1024  # of a command, and of what is buffered of a mail's line

    def __init__(self, intake: MailIntake) -> None:
        self.intake = intake
        self.command_size_limits = collections.defaultdict(lambda: self.command_size_limit)
        super().__init__(
            _Answers(intake),
            data_size_limit=None,
            enable_SMTPUTF8=True,
            hostname="luotsi",
            ident="Luotsi",
            tls_context=intake.tls,
            timeout=intake.limits.idle,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.intake.enter(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.intake.leave(self)

    def hang_up(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def smtp_DATA(self, arg: str | None) -> None:
        envelope = self.envelope
        if arg:
            await self.push("501 5.5.4 DATA takes no words after it")
        elif envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 First tell whom it is for (RCPT)")
        else:
            await self.push("354 Go on; end with a line that has only a dot")
            self._reset_timeout(self.intake.limits.data)
            raw = await self._read_mail()
            self.envelope = self._create_envelope()
            await self._answer_mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)

    async def _read_mail(self) -> bytes | None:
        """To the final dot; None when it is too big, which was then read all the same and thrown away."""
        lines: list[bytes] = []
        size, at_start = 0, True
        while (piece := await self._read_piece()) != b".\r\n" or not at_start:
            if at_start and piece.startswith(b"."):
                piece = piece[1:]
            at_start = piece.endswith(b"\r\n")
            size += len(piece)
            if size <= self.intake.limits.size:
                lines.append(piece)
            else:
                lines.clear()
        return b"".join(lines) if size <= self.intake.limits.size else None

    async def _read_piece(self) -> bytes:
        """A line, or as much of a long one as is buffered, never cut between CR and LF."""
        try:
            return bytes(await self._reader.readuntil(b"\r\n"))
        except asyncio.LimitOverrunError as long:
            return bytes(await self._reader.readexactly(long.consumed))

    async def _answer_mail(self, sender: str, recipients: tuple[str, ...], raw: bytes | None) -> None:
        # What storing takes is not the sender's silence.
        self._reset_timeout(self.intake.limits.data)
        answer = _too_big(self.intake.limits) if raw is None else await self._store(sender, recipients, raw)
        for _ in recipients if self.intake.channel is Channel.LMTP else (None,):
            await self.push(answer)
        self._reset_timeout()

    async def _store(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> str:
        envelope = Envelope(
            sender="" if sender == "<>" else sender,
            recipients=recipients,
            raw=raw,
            peer=self._peer(),
            received_at=self.intake.clock.now(),
            channel=self.intake.channel,
        )
        try:
            await self.intake.take(envelope)
        except Exception:  # noqa: BLE001 - whatever kept it from being stored, the sender must keep it; logged by take
            return TRY_LATER
        return "250 2.0.0 Stored"

    def _peer(self) -> str:
        peer = self.session.peer if self.session is not None else None
        return str(peer[0]) if isinstance(peer, tuple) else ""


class _LmtpDoor(_Door, LMTP):
    """RFC 2033: after the final dot, one answer for each recipient."""


def _too_big(limits: Limits) -> str:
    return f"552 5.3.4 The mail is larger than the {limits.size // (1024 * 1024)} MB that are taken here"


class _Answers:
    """aiosmtpd's hooks: what is said at EHLO, MAIL, RCPT and when something breaks."""

    def __init__(self, intake: MailIntake) -> None:
        self.intake = intake

    async def handle_EHLO(self, door: Any, session: Any, envelope: Any, name: str, lines: list[str]) -> list[str]:
        session.host_name = name
        return [*lines[:-1], f"250-SIZE {self.intake.limits.size}", "250-PIPELINING", lines[-1]]

    async def handle_MAIL(self, door: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        sizes = [option.partition("=")[2] for option in options if option.startswith("SIZE=")]
        if any(int(size) > self.intake.limits.size for size in sizes):
            return _too_big(self.intake.limits)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, door: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if len(envelope.rcpt_tos) >= self.intake.limits.recipients:
            return "452 4.5.3 Too many recipients; send the rest in another mail"
        if not self.intake.is_recipient(address):
            return f"550 5.1.1 There is no address {_plain(address)} here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        log.error("an SMTP command could not be carried out", exc_info=error)
        return "451 4.3.0 Something went wrong here; please try again later"


def _plain(address: str) -> str:
    return address.encode("utf-8", "replace").decode("utf-8")[:200]
