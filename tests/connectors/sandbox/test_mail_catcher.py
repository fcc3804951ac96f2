from __future__ import annotations

import asyncio
import smtplib
from datetime import UTC, datetime
from pathlib import Path

import httpx

from connectors.sandbox.mail_catcher import MailCatcher, make_mail_catcher
from hub.clock import FixedClock

NOW = datetime(2026, 11, 12, 6, 41, tzinfo=UTC)
RAW = (
    b"From: a@b.example\r\nSubject: =?utf-8?q?H=C3=A4t=C3=A4?=\r\nMessage-ID: <1@b.example>\r\n"
    b"Auto-Submitted: auto-replied\r\n\r\n<b>Hei</b>\r\n"
)


def deliver(port: int, raw: bytes = RAW) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("a@b.example", ["c@d.example", "e@f.example"], raw)


def web(catcher: MailCatcher) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=catcher.app), base_url="http://catcher")


async def caught(path: Path | None = None, *, times: int = 1) -> MailCatcher:
    """A catcher that has been given some mails and stopped."""
    catcher = make_mail_catcher(FixedClock(NOW), path)
    await catcher.start("127.0.0.1", 0)
    for _ in range(times):
        await asyncio.to_thread(deliver, catcher.port)
    await catcher.stop()
    return catcher


async def test_a_mail_is_listed_with_its_envelope_and_headers() -> None:
    async with web(await caught()) as client:
        [mail] = (await client.get("/messages")).json()
    assert (mail["from"], mail["to"]) == ("a@b.example", ["c@d.example", "e@f.example"])
    assert (mail["subject"], mail["received_at"]) == ("Hätä", NOW.isoformat())
    assert (mail["headers"]["message_id"], mail["headers"]["auto_submitted"]) == ("<1@b.example>", "auto-replied")
    assert mail["headers"]["in_reply_to"] is None


async def test_mails_outlive_the_catcher_in_order(tmp_path: Path) -> None:
    before = await caught(tmp_path, times=2)
    after = await caught(tmp_path)
    assert [mail.id for mail in after.mails] == [1, 2, 3]
    assert after.mails[:2] == before.mails


async def test_what_is_forgotten_is_gone_from_the_folder(tmp_path: Path) -> None:
    catcher = await caught(tmp_path)
    async with web(catcher) as client:
        await client.delete("/messages")
        assert (await client.get("/messages")).json() == []
    assert list(tmp_path.iterdir()) == []


async def test_a_kept_mail_is_a_readable_eml_file(tmp_path: Path) -> None:
    await caught(tmp_path)
    assert (tmp_path / "000001.eml").read_bytes().endswith(RAW)


async def test_the_page_shows_mails_and_runs_nothing_of_theirs() -> None:
    async with web(await caught()) as client:
        page = (await client.get("/")).text
    assert "&lt;b&gt;Hei" in page
    assert "<b>Hei" not in page


async def test_orders_to_fail_are_given_and_taken_back() -> None:
    catcher = make_mail_catcher(FixedClock(NOW))
    async with web(catcher) as client:
        assert (await client.post("/_sandbox/faults", json={"kind": "550"})).status_code == 201
        assert (await client.post("/_sandbox/faults", json={"kind": "fire"})).status_code == 422
        assert (await client.get("/_sandbox/state")).json()["faults"] == [{"kind": "550", "times": None}]
        await client.delete("/_sandbox/faults")
    assert catcher.take_fault() is None


async def test_an_order_hits_as_many_mails_as_it_says() -> None:
    catcher = make_mail_catcher(FixedClock(NOW))
    async with web(catcher) as client:
        await client.post("/_sandbox/faults", json={"kind": "450", "times": 2})
    assert [catcher.take_fault() for _ in range(3)] == ["450", "450", None]
