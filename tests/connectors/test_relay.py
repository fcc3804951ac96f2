"""The relay against the mail catcher and against servers that break off at a chosen word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from connectors.relay import RelaySettings, SmtpRelay
from connectors.sandbox.mail_catcher import MailCatcher, MailFault, MailFaultOrder, make_mail_catcher
from hub.clock import FixedClock
from hub.errors import Refused, Rejected, RetryLater
from hub.mail.compose import to_email
from hub.ports import Mail

NOW = datetime(2026, 11, 12, 6, 41, tzinfo=UTC)
MAIL = Mail(
    message_id="<luotsi.t.1@luotsi.example>",
    sender="Luotsi <support@luotsi.example>",
    recipient="matti@example.com",
    subject="Marraskuun numero",
    text=".piste alussa\nHyvää päivää",
    reply_to="support+t@luotsi.example",
    automatic=True,
    at=NOW,
)


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    catcher = make_mail_catcher(FixedClock(NOW))
    await catcher.start("127.0.0.1", 0)
    yield catcher
    await catcher.stop()


@pytest.fixture
def relay(catcher: MailCatcher) -> SmtpRelay:
    return relay_to(catcher.port)


def relay_to(port: int, timeout: float = 5) -> SmtpRelay:
    return SmtpRelay(RelaySettings("127.0.0.1", port, timeout=timeout, data_timeout=timeout), to_email)


async def server_that_says(*answers: bytes) -> asyncio.Server:
    """One answer to each line it is sent, then it hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer)
            await reader.readline()
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


async def failure(*answers: bytes) -> RetryLater | Rejected | Refused:
    server = await server_that_says(*answers)
    async with server:
        with pytest.raises((RetryLater, Rejected, Refused)) as raised:
            await relay_to(server.sockets[0].getsockname()[1], timeout=1).send(MAIL)
    return raised.value


def order(catcher: MailCatcher, kind: MailFault) -> None:
    catcher.faults.append(MailFaultOrder(kind=kind, times=1))


async def test_a_mail_arrives_as_it_was_meant(catcher: MailCatcher, relay: SmtpRelay) -> None:
    await relay.send(MAIL)
    [caught] = [mail.to_json() for mail in catcher.mails]
    assert (caught["from"], caught["to"]) == ("support@luotsi.example", ["matti@example.com"])
    assert caught["text"].strip() == MAIL.text
    assert caught["headers"]["message_id"] == MAIL.message_id


async def test_the_octets_that_arrive_are_those_composed(catcher: MailCatcher, relay: SmtpRelay) -> None:
    await relay.send(MAIL)
    assert catcher.mails[0].raw == to_email(MAIL).as_bytes()


async def test_a_4xx_is_to_be_tried_again(catcher: MailCatcher, relay: SmtpRelay) -> None:
    order(catcher, MailFault.LATER)
    with pytest.raises(RetryLater) as raised:
        await relay.send(MAIL)
    assert not raised.value.sent
    await relay.send(MAIL)
    assert len(catcher.mails) == 1


async def test_a_5xx_is_for_good_and_keeps_its_code(catcher: MailCatcher, relay: SmtpRelay) -> None:
    order(catcher, MailFault.NEVER)
    with pytest.raises(Rejected, match="no such address") as raised:
        await relay.send(MAIL)
    assert raised.value.code == "550"


async def test_a_cut_before_the_mail_went_leaves_nothing_in_doubt(catcher: MailCatcher, relay: SmtpRelay) -> None:
    order(catcher, MailFault.CUT_BEFORE)
    with pytest.raises(RetryLater) as raised:
        await relay.send(MAIL)
    assert (raised.value.sent, catcher.mails) == (False, [])


async def test_a_cut_before_the_answer_leaves_it_in_doubt(catcher: MailCatcher, relay: SmtpRelay) -> None:
    order(catcher, MailFault.CUT)
    with pytest.raises(RetryLater) as raised:
        await relay.send(MAIL)
    assert (raised.value.sent, len(catcher.mails)) == (True, 1)


async def test_an_answer_that_takes_too_long_leaves_it_in_doubt(catcher: MailCatcher) -> None:
    order(catcher, MailFault.LATENCY)
    with pytest.raises(RetryLater) as raised:
        await relay_to(catcher.port, timeout=0.3).send(MAIL)
    assert raised.value.sent


async def test_nobody_listening_is_to_be_tried_again(catcher: MailCatcher) -> None:
    port = catcher.port
    await catcher.stop()
    with pytest.raises(RetryLater) as raised:
        await relay_to(port).send(MAIL)
    assert not raised.value.sent


async def test_a_cut_between_data_and_its_go_on_leaves_nothing_in_doubt() -> None:
    error = await failure(b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n")
    assert isinstance(error, RetryLater)
    assert not error.sent


async def test_an_answer_that_is_no_answer_leaves_it_in_doubt() -> None:
    error = await failure(b"220 x\r\n", b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 go\r\n", b"what?\r\n")
    assert isinstance(error, RetryLater)
    assert error.sent


@pytest.mark.parametrize("answers", [(b"554 go away\r\n",), (b"220 x\r\n", b"250 x\r\n", b"530 log in first\r\n")])
async def test_a_relay_that_does_not_let_us_in_is_for_its_keeper(answers: tuple[bytes, ...]) -> None:
    assert isinstance(await failure(*answers), Refused)


async def test_an_address_that_is_none_is_rejected_unsent(catcher: MailCatcher, relay: SmtpRelay) -> None:
    with pytest.raises(Rejected):
        await relay.send(MAIL.model_copy(update={"recipient": "a@b.example, c@d.example"}))
    assert catcher.mails == []


async def test_an_address_in_another_script_is_sent(catcher: MailCatcher, relay: SmtpRelay) -> None:
    await relay.send(MAIL.model_copy(update={"recipient": "jäätelö@esimerkki.example"}))
    assert catcher.mails[0].recipients == ("jäätelö@esimerkki.example",)
