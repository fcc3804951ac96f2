from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.mail.compose import to_email
from hub.mail.kind import read_kind
from hub.mail.model import Address
from hub.mail.parse import parse_mail
from hub.ports import Mail

MAIL = Mail(
    message_id="<luotsi.0123456789abcdefghjk.7@luotsi.example>",
    sender="Luotsi <support@luotsi.example>",
    recipient="Matti Lukija <Matti.Lukija@example.com>",
    subject="Marraskuun numero: mitä löysimme",
    text="Hei Matti,\n\nlehti on tulossa.\n\nTerveisin\nAnna",
    reply_to="support+0123456789abcdefghjk@luotsi.example",
    in_reply_to="<p1@example.com>",
    references=("<p0@example.com>", "<p1@example.com>"),
    automatic=True,
    at=datetime(2026, 11, 12, 6, 41, tzinfo=UTC),
)
WORDS = st.text(max_size=200)


def changed(**what: object) -> Mail:
    return MAIL.model_copy(update=what)


def test_a_composed_mail_reads_back_the_same() -> None:
    read = parse_mail(to_email(MAIL).as_bytes())
    assert (read.subject, read.text, read.date) == (MAIL.subject, MAIL.text, MAIL.at)
    assert (read.message_id, read.in_reply_to, read.references) == (MAIL.message_id, MAIL.in_reply_to, MAIL.references)
    assert read.to == (Address(name="Matti Lukija", address="matti.lukija@example.com"),)
    assert (read.reply_to[0].address, read.problems) == (MAIL.reply_to, ())


def test_an_automatic_mail_says_so_and_asks_for_no_answer_by_machine() -> None:
    message = to_email(MAIL)
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert read_kind(parse_mail(message.as_bytes())).kind == "auto_reply"


def test_a_persons_mail_says_nothing_of_machines() -> None:
    message = to_email(changed(automatic=False))
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == (None, None)
    assert read_kind(parse_mail(message.as_bytes())).kind == "person"


def test_html_goes_beside_the_text() -> None:
    read = parse_mail(to_email(changed(html="<p>Hei <b>Matti</b>, lehti on tulossa. ä</p>")).as_bytes())
    assert read.text == MAIL.text
    assert read.html is not None
    assert read.html.strip() == "<p>Hei <b>Matti</b>, lehti on tulossa. ä</p>"


@pytest.mark.parametrize("html", [None, "<p>Hei</p>"])
def test_the_same_mail_gives_the_same_octets(html: str | None) -> None:
    assert to_email(changed(html=html)).as_bytes() == to_email(changed(html=html)).as_bytes()


def test_long_ids_are_neither_folded_nor_encoded() -> None:
    ids = tuple(f"<{'x' * 200}{n}@example.com>" for n in range(8))
    raw = to_email(changed(references=ids, in_reply_to=ids[-1])).as_bytes()
    assert parse_mail(raw).references == ids
    assert max(len(line) for line in raw.splitlines()) <= 998


@given(WORDS)
def test_no_subject_can_add_a_header_or_a_body(subject: str) -> None:
    message = message_from_bytes(to_email(changed(subject=f"x{subject}")).as_bytes())
    assert message.keys() == to_email(MAIL).keys()
    assert parse_mail(message.as_bytes()).text == MAIL.text


@pytest.mark.parametrize("field", ["subject", "message_id", "in_reply_to", "sender", "recipient", "reply_to"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b"])
def test_no_field_can_add_a_header(field: str, end: str) -> None:
    """It is written without its line ends, or refused."""
    mail = changed(**{field: f"<a{end}Bcc: spy@example.com{end}{end}@example.com>"})
    with contextlib.suppress(InvalidInput):
        assert to_email(mail).keys() == to_email(MAIL).keys()
        assert b"\nBcc" not in to_email(mail).as_bytes()


@given(st.text(max_size=300))
def test_any_text_reads_back(text: str) -> None:
    read = parse_mail(to_email(changed(text=text)).as_bytes()).text
    assert read.split() == text.replace("\x00", "\ufffd").split()


@pytest.mark.parametrize(
    "address", ["", "Matti", "a@b.example, c@d.example", "a@", "@b.example", "a@b example, c", "a@b;c"]
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput):
        to_email(changed(recipient=address))
