"""Over real sockets, with the standard library's own client in a thread."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from api.intake import Channel, Envelope, Limits, MailIntake
from hub.clock import FixedClock

NOW = datetime(2026, 11, 12, 6, 41, tzinfo=UTC)
SUPPORT = "support@luotsi.example"
MAIL = b"From: matti@example.com\r\nSubject: Hei\r\n\r\nLehti puuttuu.\r\n"
SMALL = Limits(size=50_000, connections=3, recipients=3, idle=0.4, data=0.6)
T = TypeVar("T")


class Shelf:
    """Where the test's mail is stored; `broken` and `gate` say how that goes."""

    def __init__(self) -> None:
        self.stored: list[Envelope] = []
        self.broken = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()

    async def store(self, envelope: Envelope) -> None:
        self.asked.set()
        await self.gate.wait()
        if self.broken:
            raise OSError("disk full")
        self.stored.append(envelope)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def is_recipient(address: str) -> bool:
    return address.lower().endswith("@luotsi.example")


async def opened(shelf: Shelf, channel: Channel, limits: Limits) -> MailIntake:
    intake = MailIntake(shelf.store, is_recipient, FixedClock(NOW), channel=channel, limits=limits)
    await intake.start("127.0.0.1", 0)
    return intake


@pytest.fixture
async def smtp(shelf: Shelf) -> AsyncIterator[MailIntake]:
    intake = await opened(shelf, Channel.SMTP, Limits())
    yield intake
    await intake.stop()


@pytest.fixture
async def small(shelf: Shelf) -> AsyncIterator[MailIntake]:
    intake = await opened(shelf, Channel.SMTP, SMALL)
    yield intake
    await intake.stop()


@pytest.fixture
async def lmtp(shelf: Shelf) -> AsyncIterator[MailIntake]:
    intake = await opened(shelf, Channel.LMTP, SMALL)
    yield intake
    await intake.stop()


async def talk(intake: MailIntake, say: Callable[[smtplib.SMTP], T], kind: type[smtplib.SMTP] = smtplib.SMTP) -> T:
    def run() -> T:
        with kind("127.0.0.1", intake.port, timeout=20) as client:
            return say(client)

    return await asyncio.to_thread(run)


async def send(intake: MailIntake, raw: bytes = MAIL, sender: str = "matti@example.com") -> object:
    return await talk(intake, lambda client: client.sendmail(sender, [SUPPORT], raw))


async def hear(intake: MailIntake, *commands: bytes) -> bytes:
    """Everything the door says until it or we hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    writer.write(b"".join(commands))
    said = await reader.read()
    writer.close()
    return said


async def test_a_mail_is_stored_as_it_came(smtp: MailIntake, shelf: Shelf) -> None:
    await send(smtp)
    assert shelf.stored == [Envelope("matti@example.com", (SUPPORT,), MAIL, "127.0.0.1", NOW, Channel.SMTP)]


async def test_it_is_accepted_only_after_it_is_stored(smtp: MailIntake, shelf: Shelf) -> None:
    shelf.gate.clear()
    sending = asyncio.create_task(send(smtp))
    await shelf.asked.wait()
    done, _ = await asyncio.wait({sending}, timeout=0.1)
    shelf.gate.set()
    await sending
    assert not done
    assert len(shelf.stored) == 1


async def test_a_mail_that_cannot_be_stored_stays_with_the_sender(smtp: MailIntake, shelf: Shelf) -> None:
    shelf.broken = True
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        await send(smtp)
    assert refusal.value.smtp_code == 451
    assert b"4.3.0" in refusal.value.smtp_error  # type: ignore[operator]


async def test_after_a_failure_the_same_connection_goes_on(smtp: MailIntake, shelf: Shelf) -> None:
    def twice(client: smtplib.SMTP) -> object:
        shelf.broken = True
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("a@example.com", [SUPPORT], MAIL)
        shelf.broken = False
        return client.sendmail("a@example.com", [SUPPORT], MAIL)

    await talk(smtp, twice)
    assert len(shelf.stored) == 1


async def test_an_unknown_recipient_is_refused_by_name(smtp: MailIntake) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        await talk(smtp, lambda client: client.sendmail("a@example.com", ["x@elsewhere.example"], MAIL))
    code, reason = refusal.value.recipients["x@elsewhere.example"]
    assert (code, reason) == (550, b"5.1.1 There is no address x@elsewhere.example here")


async def test_a_bounce_has_no_sender(smtp: MailIntake, shelf: Shelf) -> None:
    await send(smtp, sender="")
    assert shelf.stored[0].sender == ""


@pytest.mark.parametrize("length", [1_001, 65_535, 65_536, 65_537, 131_072, 3_000_000])
async def test_a_line_of_any_length_is_kept_whole(smtp: MailIntake, shelf: Shelf, length: int) -> None:
    raw = b"Subject: x\r\n\r\n" + b"y" * length + b"\r\n.dotted\r\n..\r\nend\r\n"
    await send(smtp, raw)
    assert shelf.stored[0].raw == raw


async def test_dots_within_a_long_line_are_only_dots(smtp: MailIntake, shelf: Shelf) -> None:
    raw = b"Subject: x\r\n\r\nx" + b"." * 200_000 + b"\r\n"
    await send(smtp, raw)
    assert shelf.stored[0].raw == raw


async def test_a_long_line_that_ends_with_a_dot_does_not_end_the_mail(smtp: MailIntake, shelf: Shelf) -> None:
    start = b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<%s>\r\nDATA\r\n" % SUPPORT.encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", smtp.port)
    writer.write(start + b"y" * 70_000 + b".")
    await asyncio.sleep(0.1)
    writer.write(b"\r\nend\r\n.\r\nQUIT\r\n")
    await reader.read()
    writer.close()
    assert shelf.stored[0].raw.endswith(b"y.\r\nend\r\n")


async def test_octets_outside_ascii_are_kept(smtp: MailIntake, shelf: Shelf) -> None:
    raw = b"Subject: \xe4\xff\x00\r\n\r\nbare\nline\rends \xc3\xa4\r\n"
    await talk(
        smtp,
        lambda client: (
            client.ehlo(),
            client.mail("a@example.com"),
            client.rcpt(SUPPORT),
            client.docmd("DATA"),
            client.send(raw + b".\r\n"),
            client.getreply(),
        ),
    )
    assert shelf.stored[0].raw == raw


async def test_an_empty_mail_is_a_mail(smtp: MailIntake, shelf: Shelf) -> None:
    said = await hear(smtp, b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<%s>\r\nDATA\r\n.\r\nQUIT\r\n" % SUPPORT.encode())
    assert b"250 2.0.0 Stored" in said
    assert shelf.stored[0].raw == b""


async def test_commands_sent_all_at_once_are_answered_in_order(smtp: MailIntake, shelf: Shelf) -> None:
    one = b"MAIL FROM:<a@x>\r\nRCPT TO:<%s>\r\nDATA\r\n" % SUPPORT.encode()
    said = await hear(smtp, b"EHLO x\r\n", one, b"first\r\n.\r\n", one, b"second\r\n.\r\n", b"QUIT\r\n")
    assert [envelope.raw for envelope in shelf.stored] == [b"first\r\n", b"second\r\n"]
    assert said.endswith(b"250 2.0.0 Stored\r\n221 Bye\r\n")


async def test_a_line_end_that_is_not_crlf_does_not_end_the_mail(smtp: MailIntake, shelf: Shelf) -> None:
    start = b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<%s>\r\nDATA\r\n" % SUPPORT.encode()
    await hear(smtp, start, b"one\n.\nMAIL FROM:<evil@x>\r\n.\r\nQUIT\r\n")
    assert [envelope.raw for envelope in shelf.stored] == [b"one\n.\nMAIL FROM:<evil@x>\r\n"]


async def test_a_mail_over_the_limit_is_refused_with_the_limit(small: MailIntake, shelf: Shelf) -> None:
    def unannounced(client: smtplib.SMTP) -> tuple[int, bytes]:
        client.ehlo()
        client.mail("a@example.com")
        client.rcpt(SUPPORT)
        return client.data(b"x" * 60_000)

    code, reason = await talk(small, unannounced)
    assert (code, reason[:5], shelf.stored) == (552, b"5.3.4", [])


async def test_a_size_announced_over_the_limit_is_refused_before_it_is_sent(small: MailIntake) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        await send(small, b"x" * 60_000)
    assert refusal.value.smtp_code == 552


async def test_the_door_says_what_it_can(smtp: MailIntake) -> None:
    features = await talk(smtp, lambda client: (client.ehlo(), client.esmtp_features)[1])
    assert features["size"] == str(25 * 1024 * 1024)
    assert {"8bitmime", "smtputf8", "pipelining"} <= features.keys()


async def test_addresses_in_any_script_are_taken(smtp: MailIntake, shelf: Shelf) -> None:
    options = ["SMTPUTF8", "BODY=8BITMIME"]
    await talk(smtp, lambda client: client.sendmail("jäätelö@esimerkki.example", [SUPPORT], MAIL, options))
    assert shelf.stored[0].sender == "jäätelö@esimerkki.example"


async def test_a_sender_cut_in_the_middle_stores_nothing(smtp: MailIntake, shelf: Shelf) -> None:
    start = b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<%s>\r\nDATA\r\nhalf of a" % SUPPORT.encode()
    with socket.create_connection(("127.0.0.1", smtp.port)) as client:
        client.sendall(start)
    await send(smtp)
    assert [envelope.raw for envelope in shelf.stored] == [MAIL]


async def test_a_sender_gone_after_the_last_dot_does_not_stop_the_storing(smtp: MailIntake, shelf: Shelf) -> None:
    shelf.gate.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", smtp.port)
    writer.write(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<%s>\r\nDATA\r\nwhole\r\n.\r\n" % SUPPORT.encode())
    await shelf.asked.wait()
    writer.transport.abort()
    await asyncio.sleep(0.1)
    shelf.gate.set()
    await smtp.stop()
    assert [envelope.raw for envelope in shelf.stored] == [b"whole\r\n"]


async def test_who_says_nothing_is_hung_up_on(small: MailIntake) -> None:
    assert await asyncio.wait_for(hear(small, b"EHLO x\r\n"), 5)


async def test_a_mail_that_trickles_in_for_ever_is_hung_up_on(small: MailIntake, shelf: Shelf) -> None:
    start = b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<%s>\r\nDATA\r\nslow" % SUPPORT.encode()
    said = await asyncio.wait_for(hear(small, start), 5)
    assert b"354" in said
    assert shelf.stored == []


async def test_one_connection_too_many_is_asked_to_come_later(small: MailIntake) -> None:
    others = [await asyncio.open_connection("127.0.0.1", small.port) for _ in range(SMALL.connections)]
    await asyncio.gather(*(reader.readline() for reader, _ in others))
    assert (await hear(small)).startswith(b"421 4.3.2")
    for _, writer in others:
        writer.close()


async def test_too_many_recipients_are_told_to_come_in_another_mail(small: MailIntake, shelf: Shelf) -> None:
    people = [f"support+{n}@luotsi.example" for n in range(5)]
    refused = await talk(small, lambda client: client.sendmail("a@example.com", people, MAIL))
    assert sorted(refused) == people[3:]
    assert shelf.stored[0].recipients == tuple(people[:3])


async def test_lmtp_answers_once_for_each_recipient(lmtp: MailIntake, shelf: Shelf) -> None:
    start = b"LHLO x\r\nMAIL FROM:<a@x>\r\n"
    people = b"RCPT TO:<a@luotsi.example>\r\nRCPT TO:<no@elsewhere.example>\r\nRCPT TO:<b@luotsi.example>\r\n"
    said = await hear(lmtp, start, people, b"DATA\r\nhei\r\n.\r\nQUIT\r\n")
    assert said.count(b"250 2.0.0 Stored") == 2
    assert said.count(b"550 5.1.1") == 1
    assert (shelf.stored[0].recipients, shelf.stored[0].channel) == (("a@luotsi.example", "b@luotsi.example"), "lmtp")


async def test_lmtp_tells_each_recipient_of_a_failure(lmtp: MailIntake, shelf: Shelf) -> None:
    shelf.broken = True
    start = b"LHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<a@luotsi.example>\r\nRCPT TO:<b@luotsi.example>\r\n"
    said = await hear(lmtp, start, b"DATA\r\nhei\r\n.\r\nQUIT\r\n")
    assert said.count(b"451 4.3.0") == 2


async def test_lmtp_is_spoken_by_the_standard_client(lmtp: MailIntake, shelf: Shelf) -> None:
    await talk(lmtp, lambda client: client.sendmail("a@example.com", [SUPPORT], MAIL), smtplib.LMTP)
    assert shelf.stored[0].raw == MAIL
