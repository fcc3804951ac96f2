from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.mail.kind import read_kind
from hub.mail.model import Address
from hub.mail.parse import content_digest, parse_mail
from hub.mail.report import read_mail

PLAIN = b"""Received: from a by b\r
From: =?utf-8?q?P=C3=A4ivi_Laine?= <Paivi.Laine@Example.com>\r
To: Tuki <support@luotsi.example>, "Koski, Eero" <eero@example.com>\r
Cc: ops@luotsi.example\r
Subject: =?iso-8859-1?Q?Lehti_ei_?=\r
 =?iso-8859-1?Q?n=E4y?=\r
Date: Thu, 12 Nov 2026 08:41:10 +0200\r
Message-ID: <p1@example.com>\r
In-Reply-To: <luotsi.0123456789abcdefghjk.1@luotsi.example>\r
References: <first@example.com> <luotsi.0123456789abcdefghjk.1@luotsi.example>\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: 8bit\r
\r
Hyv\xe4\xe4 p\xe4iv\xe4\xe4,\r
lehti ei n\xe4y.\r
\r
12.11.2026 klo 8.00 Tuki kirjoitti:\r
> Mik\xe4 lehti?\r
"""

MIXED = b"""From: eva@example.com
Subject: Tidningen
Message-ID: <m1@example.com>
Date: Thu, 12 Nov 2026 08:41:10 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

For old programs.
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Sidan =C3=A4r vit.

--inner
Content-Type: text/html; charset=utf-8

<p>Sidan <b>\xc3\xa4r</b> vit.</p>
--inner--
--outer
Content-Type: image/png; name="=?utf-8?b?c2vDpHJtLnBuZw==?="
Content-Disposition: inline
Content-ID: <pic@example.com>
Content-Transfer-Encoding: base64

aGVs
bG8=
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename*0*=utf-8''r%C3%A4k; filename*1=ning.pdf
Content-Transfer-Encoding: base64

aGVsbG8=
--outer
Content-Type: message/rfc822

From: zinio@example.com
Subject: Svar

Fraga forlaget.
--outer--
"""

HTML = b"""From: ruby@example.com
Subject: Blank pages
Content-Type: text/html; charset=windows-1252

<html><head><style>p {color: red}</style></head><body><p>It\x92s blank.</p><p>Steps:</p>
<ul><li>one</li><li>two &amp; three</li></ul><script>alert(1)</script><img src="x" alt="a photo">
<blockquote>Which<br>page?</blockquote></body></html>
"""

ALL = (PLAIN, MIXED, HTML)


def mail(headers: str, body: str = "Hei.") -> bytes:
    return f"{headers}\n\n{body}".encode()


def test_a_plain_mails_headers_are_read() -> None:
    read = parse_mail(PLAIN)
    assert read.subject == "Lehti ei näy"
    assert read.sender == Address(name="Päivi Laine", address="paivi.laine@example.com")
    assert [a.name for a in read.to] == ["Tuki", "Koski, Eero"]
    assert read.date is not None
    assert read.date.utcoffset() == timedelta(hours=2)
    assert read.problems == ()


def test_what_it_answers_is_read() -> None:
    read = parse_mail(PLAIN)
    assert read.in_reply_to == "<luotsi.0123456789abcdefghjk.1@luotsi.example>"
    assert read.references == ("<first@example.com>", read.in_reply_to)


def test_the_whole_text_is_kept_beside_the_new_part() -> None:
    read = parse_mail(PLAIN)
    assert read.reply == "Hyvää päivää,\nlehti ei näy."
    assert read.text.endswith("kirjoitti:\n> Mikä lehti?")


def test_text_is_read_once_where_it_is_given_as_html_too() -> None:
    read = parse_mail(MIXED)
    assert read.text == "Sidan är vit."
    assert read.html is not None
    assert "<b>är</b>" in read.html


def test_every_attachment_is_named_and_measured() -> None:
    found = parse_mail(MIXED).attachments
    assert [(a.name, a.type) for a in found] == [
        ("skärm.png", "image/png"),
        ("räkning.pdf", "application/pdf"),
        ("Svar.eml", "message/rfc822"),
    ]
    assert (found[0].size, found[0].sha256) == (5, hashlib.sha256(b"hello").hexdigest())
    assert found[0].content_id == "pic@example.com"


def test_html_alone_is_reduced_to_its_text() -> None:
    expected = "It’s blank.\n\nSteps:\n\n- one\n- two & three\n\na photo\n\n> Which\n> page?"
    assert parse_mail(HTML).text == expected


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_an_attachments_octets_do_not_depend_on_the_parser(ends: bytes) -> None:
    lines = [
        b"Content-Type: multipart/mixed; boundary=b",
        b"",
        b"--b",
        b"Content-Type: text/csv; name=a.csv",
        b"Content-Disposition: attachment",
        b"",
        b"a;b",
        b"\xff;d",
        b"--b--",
        b"",
    ]
    [found] = parse_mail(ends.join(lines)).attachments
    assert found.sha256 == hashlib.sha256(ends.join([b"a;b", b"\xff;d"])).hexdigest()


ADDRESSES = {
    "Anna@Example.com": ("", "anna@example.com"),
    "<anna@example.com>": ("", "anna@example.com"),
    "Anna <anna@example.com>": ("Anna", "anna@example.com"),
    '"Laine, Anna" <anna@example.com>': ("Laine, Anna", "anna@example.com"),
    '"Anna \\"A\\" L" <anna@example.com>': ('Anna "A" L', "anna@example.com"),
    "anna@example.com (Anna Laine)": ("Anna Laine", "anna@example.com"),
    "=?utf-8?q?Laine=2C_Anna?= <anna@example.com>": ("Laine, Anna", "anna@example.com"),
    '"=?utf-8?b?w4RpbsO2?=" <anna@example.com>': ("Äinö", "anna@example.com"),
    "boss@bank.example <anna@example.com>": ("boss@bank.example", "anna@example.com"),
    "=?utf-8?q?=3Cboss=40bank.example=3E?= <anna@example.com>": ("<boss@bank.example>", "anna@example.com"),
    "Group: anna@example.com, b@c.example;": ("", "anna@example.com"),
    "Anna <anna@example.com": ("Anna", "anna@example.com"),
    "Anna Laine": ("Anna Laine", ""),
    "": ("", ""),
}


@pytest.mark.parametrize(("header", "expected"), ADDRESSES.items())
def test_a_sender_is_read_however_it_is_written(header: str, expected: tuple[str, str]) -> None:
    sender = parse_mail(mail(f"From: {header}")).sender
    assert (sender.name.strip("< "), sender.address) == (expected[0].strip("< "), expected[1])


SUBJECTS = {
    b"=?utf-8?q?H=C3=A4t=C3=A4?=": "Hätä",
    b"=?UTF-8?B?SMOk?= =?UTF-8?B?dMOk?=": "Hätä",
    b"=?utf-8?q?H=C3?= =?utf-8?q?=A4t=C3=A4?=": "Hätä",
    b"Re: =?iso-8859-1?q?H=E4t=E4?= nyt": "Re: Hätä nyt",
    b"H\xc3\xa4t\xc3\xa4": "Hätä",
    b"H\xe4t\xe4": "Hätä",
    b"=?utf-8?q?H=C3=A4t=C3=A4": "=?utf-8?q?H=C3=A4t=C3=A4",
    b"=?no-such?q?H=C3=A4t=C3=A4?=": "Hätä",
    b"=?utf-8*fi?q?H=C3=A4t=C3=A4?=": "Hätä",
    b"=?utf-8?b?SMOkdMOk": "=?utf-8?b?SMOkdMOk",
    b"one\n two\n\tthree": "one two three",
    b"nul\x00here": "nul\ufffdhere",
}


@pytest.mark.parametrize(("header", "expected"), SUBJECTS.items())
def test_a_subject_is_read_however_it_is_written(header: bytes, expected: str) -> None:
    assert parse_mail(b"Subject: " + header + b"\n\nx").subject == expected


CHARSETS = {
    "utf-8": "Hyvää".encode(),
    "iso-8859-1": b"Hyv\xe4\xe4",
    "ISO-8859-15": b"Hyv\xe4\xe4",
    "us-ascii": "Hyvää".encode(),
    "utf-8 ": b"Hyv\xe4\xe4",
    "x-unheard-of": "Hyvää".encode(),
    "base64": "Hyvää".encode(),
    "unicode_escape": "Hyvää".encode(),
    "utf-16": "Hyvää".encode("utf-16"),
}


@pytest.mark.parametrize(("charset", "raw"), CHARSETS.items())
def test_text_is_read_whatever_charset_it_claims(charset: str, raw: bytes) -> None:
    read = parse_mail(f'Content-Type: text/plain; charset="{charset}"\n\n'.encode() + raw)
    assert read.text == "Hyvää"


def test_a_wrong_charset_is_told() -> None:
    problems = parse_mail(b"Content-Type: text/plain; charset=utf-8\n\nHyv\xe4\xe4").problems
    assert "The text is not in the charset it claims (utf-8)." in problems


def test_doubled_headers_are_told_and_the_first_is_used() -> None:
    read = parse_mail(mail("From: a@example.com\nSubject: one\nSubject: two"))
    assert read.subject == "one"
    assert "The header Subject is there 2 times; the first is used." in read.problems


def test_missing_headers_are_told() -> None:
    assert len(parse_mail(b"\n\nhei").problems) == 3


@pytest.mark.parametrize(
    "date", ["yesterday", "Thu, 99 Nov 2026 08:41:10", "Mon, 01 Jan 1066 00:00:00 +0200", "9" * 999]
)
def test_a_date_that_is_none_is_none(date: str) -> None:
    assert parse_mail(mail(f"Date: {date}")).date is None


def test_a_uuencoded_file_in_the_text_is_an_attachment() -> None:
    read = parse_mail(mail("Subject: x", "Before\nbegin 644 hello.txt\n%:&5L;&\\\n`\nend\nAfter"))
    assert [(a.name, a.size) for a in read.attachments] == [("hello.txt", 5)]
    assert "begin" not in read.text


def test_a_sentence_that_begins_like_a_uuencoded_file_stays_text() -> None:
    text = "begin 644 days ago\nthis is where my subscription started!!\nend"
    assert parse_mail(mail("Subject: x", text)).text == text


def test_microsofts_bundle_is_named_as_what_it_is() -> None:
    read = parse_mail(mail("Content-Type: application/ms-tnef; name=winmail.dat"))
    assert read.problems[-1].startswith("The attachment winmail.dat is in Microsoft's TNEF format")


def test_parts_that_cannot_be_found_are_shown_as_they_came() -> None:
    read = parse_mail(mail("Content-Type: multipart/mixed; boundary=none", "Hei, lehti puuttuu."))
    assert "lehti puuttuu" in read.text


def test_a_mail_beyond_the_parser_is_shown_raw_with_what_its_headers_give() -> None:
    inside = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2000))
    read = parse_mail(f"Subject: Deep\nFrom: a@example.com\n{inside}Hello".encode())
    assert (read.subject, read.sender.address) == ("Deep", "a@example.com")
    assert read.text.endswith("Hello")
    assert "it is shown raw" in read.problems[0]


def test_ten_thousand_parts_are_listed() -> None:
    parts = "--b\nContent-Type: image/png\n\nx\n" * 10_000
    assert len(parse_mail(mail("Content-Type: multipart/mixed; boundary=b", parts)).attachments) == 10_000


def read_whole(raw: bytes) -> None:
    """Everything the intake does with a mail; it must also fit JSON and PostgreSQL."""
    read = parse_mail(raw)
    read_kind(read, "")
    assert read.model_dump_json().encode("utf-8")
    assert "\x00" not in "".join([read.subject, read.text, read.html or "", *(a.name for a in read.attachments)])
    assert len(content_digest(raw)) == 64


HEADERS = st.sampled_from(
    ["From", "To", "Subject", "Date", "Message-ID", "References", "Content-Type", "Content-Transfer-Encoding"]
)
ODD_VALUES = """multipart/mixed; boundary=b
multipart/alternative; boundary="b"
multipart/report; report-type=delivery-status; boundary=b
message/rfc822
message/delivery-status
message/external-body
text/html; charset=\x00
text/plain; name*0*=x''%ff; name*9=y
text/plain; charset=base64
base64
x-uuencode
quoted-printable;
=?utf-8?b?////?=""".splitlines()
VALUES = st.one_of(st.text(max_size=60), st.sampled_from(ODD_VALUES))
LINES = st.one_of(
    st.just("--b"), st.just("--b--"), st.just(""), st.text(max_size=40), st.builds("{}: {}".format, HEADERS, VALUES)
)


@given(st.binary(max_size=400))
def test_any_octets_are_read(raw: bytes) -> None:
    read_whole(raw)


@given(st.lists(LINES, max_size=30))
@settings(deadline=None)
@example(["Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "", "aGk="])
def test_any_lines_that_look_like_mail_are_read(lines: list[str]) -> None:
    read_whole("\n".join(lines).encode("utf-8", "surrogatepass"))


@given(
    st.sampled_from(ALL), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), max_size=6)
)
@settings(deadline=None)
def test_any_mutated_mail_is_read(raw: bytes, cuts: list[tuple[float, int, bytes]]) -> None:
    for where, length, put in cuts:
        at = int(where * len(raw))
        raw = raw[:at] + put + raw[at + length :]
    read_whole(raw)


TRACES = st.lists(
    st.sampled_from(
        [
            b"Received: from x (x [1.2.3.4])\r\n\tby y; Thu, 12 Nov 2026 08:41:11 +0200",
            b"Return-Path: <a@example.com>",
            b"Delivered-To: support@luotsi.example",
            b"X-Original-To: support@luotsi.example",
            b"Authentication-Results: mx; dkim=pass",
            b"ARC-Seal: i=1; a=rsa-sha256",
            b"DKIM-Signature: v=1;\r\n b=abc\r\n  def",
            b"Received-SPF: pass",
        ]
    )
)


@given(st.sampled_from(ALL), TRACES)
def test_one_mail_by_two_ways_has_one_digest(raw: bytes, traces: list[bytes]) -> None:
    assert content_digest(b"".join(trace + b"\r\n" for trace in traces) + raw) == content_digest(raw)


def test_line_ends_do_not_count_in_a_digest() -> None:
    assert content_digest(MIXED.replace(b"\n", b"\r\n")) == content_digest(MIXED)


@given(st.integers(PLAIN.index(b"From"), len(PLAIN) - 1))
def test_another_mail_with_the_same_message_id_has_another_digest(at: int) -> None:
    assert content_digest(PLAIN[:at] + b"@" + PLAIN[at:]) != content_digest(PLAIN)


def test_the_report_has_exactly_the_promised_form() -> None:
    read = read_mail(MIXED)
    assert list(read) == [
        "subject", "from", "to", "date", "message_id", "text", "reply", "attachments", "kind", "about", "problems"
    ]  # fmt: skip
    assert read["from"] == {"name": "", "address": "eva@example.com"}
    assert read["date"] == "2026-11-12T08:41:10+02:00"
    assert list(read["attachments"][0]) == ["name", "type", "size", "sha256"]
    assert (read["kind"], read["about"]) == ("person", None)
