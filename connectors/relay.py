"""Mail out, through the relay that the settings name. DKIM, queues to other hosts and bounces are the relay's."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from hub.errors import InvalidInput, Refused, Rejected, RetryLater
from hub.ports import Mail

PARTNER = "relay"
GO_ON, TAKEN = 354, 250
NOT_LET_IN = frozenset({530, 534, 535, 538})  # RFC 4954: log in first, or the password is wrong


@dataclass(frozen=True)
class RelaySettings:
    """`start_tls` True demands it, None takes it where offered. `timeout` in seconds, for
    each answer; `data_timeout` for the mail's own way over and the answer to it."""

    host: str
    port: int = 25
    start_tls: bool | None = None
    username: str | None = None
    password: str | None = None
    timeout: float = 30
    data_timeout: float = 600
    tls: ssl.SSLContext | None = None


class SmtpRelay:
    """A Mailer. `compose` makes the wire form (`hub.mail.compose.to_email`); a connector does not import it."""

    def __init__(self, settings: RelaySettings, compose: Callable[[Mail], EmailMessage]) -> None:
        self.settings = settings
        self.compose = compose

    async def send(self, mail: Mail, on_handing_over: Callable[[], Awaitable[None]] | None = None) -> None:
        message = self._compose(mail)
        client = self._client()
        try:
            await self._hand_over(client, message, on_handing_over)
        finally:
            client.close()

    def _compose(self, mail: Mail) -> EmailMessage:
        try:
            return self.compose(mail)
        except InvalidInput as wrong:
            raise Rejected(PARTNER, str(wrong)) from wrong

    def _client(self) -> SMTP:
        chosen = self.settings
        return SMTP(
            hostname=chosen.host,
            port=chosen.port,
            username=chosen.username,
            password=chosen.password,
            timeout=chosen.timeout,
            start_tls=chosen.start_tls,
            tls_context=chosen.tls,
            local_hostname="luotsi",
        )

    async def _hand_over(
        self, client: SMTP, message: EmailMessage, on_handing_over: Callable[[], Awaitable[None]] | None
    ) -> None:
        """Until the relay says "go on" nothing can have been taken; from then on only its answer tells."""
        try:
            await client.connect()
            await _announce(client, message)
        except (SMTPException, OSError) as trouble:
            raise to_error(trouble, sent=False) from trouble
        if on_handing_over is not None:
            await on_handing_over()
        try:
            await _transfer(client, message.as_bytes(), self.settings.data_timeout)
        except (SMTPException, OSError) as trouble:
            raise to_error(trouble, sent=True) from trouble
        await _say_goodbye(client)


async def _announce(client: SMTP, message: EmailMessage) -> None:
    sender, recipient = _address(message, "From"), _address(message, "To")
    plain = (sender + recipient).isascii()
    if client.is_ehlo_or_helo_needed:
        await client.ehlo()
    if not plain and not client.supports_extension("smtputf8"):
        raise Rejected(PARTNER, f"the relay takes no address with such letters: {recipient}")
    await client.mail(sender, options=[] if plain else ["SMTPUTF8"], encoding="ascii" if plain else "utf-8")
    await client.rcpt(recipient, encoding="ascii" if plain else "utf-8")
    response = await client.execute_command(b"DATA")
    if response.code != GO_ON:
        raise SMTPDataError(response.code, response.message)


def _address(message: EmailMessage, header: str) -> str:
    return str(message[header].addresses[0].addr_spec)


async def _transfer(client: SMTP, raw: bytes, timeout: float) -> None:
    if client.protocol is None:
        raise SMTPServerDisconnected("the relay hung up")
    client.protocol.write(re.sub(rb"(?m)^\.", b"..", raw.removesuffix(b"\r\n")) + b"\r\n.\r\n")
    response = await client.protocol.read_response(timeout=timeout)
    if response.code != TAKEN:
        raise SMTPDataError(response.code, response.message)


async def _say_goodbye(client: SMTP) -> None:
    """The mail is taken; how the farewell goes changes nothing."""
    with contextlib.suppress(SMTPException, OSError):
        await client.quit()


def to_error(trouble: Exception, *, sent: bool) -> RetryLater | Rejected | Refused:
    """An answer is certain whenever it comes; silence is certain only before the mail was sent. A 5xx to the greeting
    or to our password is about us, not about this mail."""
    if not isinstance(trouble, SMTPResponseException):
        return RetryLater(PARTNER, f"{type(trouble).__name__}: {trouble}", sent=sent)
    detail = f"{trouble.code} {trouble.message}"
    if trouble.code < 500:
        return RetryLater(PARTNER, detail, sent=sent and trouble.code < 400)
    if isinstance(trouble, SMTPConnectError | SMTPHeloError) or trouble.code in NOT_LET_IN:
        return Refused(PARTNER, detail)
    return Rejected(PARTNER, detail, code=str(trouble.code))
