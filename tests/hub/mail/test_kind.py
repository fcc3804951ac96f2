from __future__ import annotations

import pytest

from hub.mail.kind import read_kind
from hub.mail.parse import parse_mail


def kind(headers: str, text: str = "Hei.", envelope: str | None = "a@example.com") -> str:
    raw = f"From: Anna <anna@example.com>\n{headers}\n\n{text}\n".replace("\n", "\r\n")
    return read_kind(parse_mail(raw.encode()), envelope).kind.value


PEOPLE = {
    "plain": "Subject: Lehti puuttuu",
    "says that a person wrote it": "Auto-Submitted: no",
    "says so, whatever the subject": "Subject: Autosvar: varför får jag dem?\nAuto-Submitted: no",
    "asks not to be answered by machine": "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    "answers an automatic reply": "Subject: Re: Automatic reply: Lehti puuttuu\nIn-Reply-To: <1@luotsi.example>",
    "answers a Finnish one": "Subject: VS: Automaattinen vastaus: Lehti",
    "answers a bounce": "Subject: Re: Undelivered Mail Returned to Sender",
    "writes about being away": "Subject: Lomalla 1.7. alkaen, keskeyttäkää jakelu",
    "writes about someone away": "Subject: Poissa paperilehti, tilalle digi",
    "writes about a holiday, in Swedish": "Subject: Semester i juli, pausa tidningen",
    "writes about an automaton": "Subject: Automaattinen uusinta veloitettiin kahdesti",
    "complains of delay": "Subject: Delivery delayed again",
    "complains of mail": "Subject: Your mail could not be delivered?",
    "writes of a failure": "Subject: Delivery failed, where is my issue",
    "in a big company's mail program": "Subject: Issue\nX-MS-Exchange-Organization-SCL: 1\nX-Mailer: Outlook",
    "a header that says no": "X-Autoreply: no",
    "a first-class mail": "Precedence: first-class",
}


@pytest.mark.parametrize("headers", PEOPLE.values(), ids=PEOPLE.keys())
def test_a_person_is_never_taken_for_a_machine(headers: str) -> None:
    assert kind(headers) == "person"


def test_a_person_who_tells_of_a_bounce_in_their_text_is_a_person() -> None:
    assert kind("Subject: Virhe", "I got: 550 5.1.1 user unknown, message could not be delivered.") == "person"


AUTO_REPLIES = {
    "RFC 3834": "Auto-Submitted: auto-replied",
    "with a parameter": 'Auto-Submitted: Auto-Replied (vacation); owner-email="x@y"',
    "Exchange, Finnish": "Subject: Automaattinen vastaus: Lehti\nAuto-Submitted: auto-generated",
    "Exchange, Swedish": "Subject: Automatiskt svar: Tidningen\nAuto-Submitted: auto-generated",
    "Exchange, English": "Subject: Automatic reply: Issue\nX-Auto-Response-Suppress: All",
    "Swedish": "Subject: Autosvar: Tidningen",
    "away, and generated": "Subject: Poissa toimistolta\nAuto-Submitted: auto-generated",
    "away, and bulk": "Subject: Frånvarande till 1.8\nPrecedence: bulk",
    "Gmail": "X-Autoreply: yes\nPrecedence: bulk",
    "old": "Precedence: auto_reply",
}


@pytest.mark.parametrize("headers", AUTO_REPLIES.values(), ids=AUTO_REPLIES.keys())
def test_an_automatic_reply_is_known(headers: str) -> None:
    assert kind(headers) == "auto_reply"


def test_an_away_message_from_nobody_is_an_automatic_reply() -> None:
    assert kind("Subject: Out of office", envelope="") == "auto_reply"


@pytest.mark.parametrize("headers", ["List-Id: <a.lists.example>", "List-Post: <mailto:a@b>", "Precedence: list"])
def test_a_list_is_known(headers: str) -> None:
    assert kind(headers) == "list"


@pytest.mark.parametrize(
    "headers", ["Auto-Submitted: auto-generated", "Auto-Submitted: auto-notified", "Precedence: bulk"]
)
def test_a_robot_is_known(headers: str) -> None:
    assert kind(headers) == "robot"


@pytest.mark.parametrize(
    "address", ["noreply@p.example", "no-reply+1@p.example", "ei-vastausta@p.example", "donotreply@p.example"]
)
def test_an_address_that_takes_no_answer_is_a_robots(address: str) -> None:
    mail = parse_mail(f"From: {address}\nSubject: Tiketti 12\n\nHei".encode())
    assert read_kind(mail).kind == "robot"


def test_a_mail_from_nobody_is_a_robots() -> None:
    assert kind("Subject: Hello", envelope="") == "robot"
    assert kind("Return-Path: <>\nSubject: Hello", envelope=None) == "robot"


def report(action: str, returned: str = "message/rfc822", subject: str = "Delivery Status Notification") -> bytes:
    return f"""From: MAILER-DAEMON@mx.example
Subject: {subject}
Content-Type: multipart/report; report-type=delivery-status; boundary=B

--B

Your mail.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; matti@example.com
Action: {action}
Status: 5.1.1
--B
Content-Type: {returned}

From: support@luotsi.example
Message-ID: <ours.1@luotsi.example>

--B--
""".encode()


@pytest.mark.parametrize(
    ("action", "expected"),
    [("failed", "bounce"), ("Delayed", "delay"), ("delivered", "robot"), ("relayed", "robot"), ("", "bounce")],
)
@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_delivery_report_says_what_became_of_which_mail(action: str, expected: str, returned: str) -> None:
    reading = read_kind(parse_mail(report(action, returned)))
    assert (reading.kind, reading.about) == (expected, "<ours.1@luotsi.example>")


def test_a_report_names_its_recipients_and_statuses() -> None:
    found = parse_mail(report("failed")).signs.report
    assert found is not None
    assert (found.recipients, found.statuses) == (("matti@example.com",), ("5.1.1",))


def test_a_bounce_in_no_standard_form_is_tied_to_the_mail_it_quotes() -> None:
    raw = b"""From: Mail Delivery System <Mailer-Daemon@mx.example>
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: matti@example.com

A message that you sent could not be delivered.

------ This is a copy of your message's headers ------
From: support@luotsi.example
Message-ID: <ours.2@luotsi.example>
"""
    reading = read_kind(parse_mail(raw))
    assert (reading.kind, reading.about) == ("bounce", "<ours.2@luotsi.example>")


SYSTEMS = {
    "qmail": ("MAILER-DAEMON@mx.example", "failure notice", "Hi. I wasn't able to deliver your message.", "bounce"),
    "Exim, late": ("mailer-daemon@mx.example", "Warning: message 1 delayed 24 hours", "It will be retried.", "delay"),
    "Exchange, Finnish": ("postmaster@x.example", "Ei voitu toimittaa: Lehti", "Osoitetta ei ole.", "bounce"),
    "Exchange, Swedish": ("postmaster@x.example", "Olevererbart: Tidningen", "Adressen finns inte.", "bounce"),
}


@pytest.mark.parametrize(("sender", "subject", "text", "expected"), SYSTEMS.values(), ids=SYSTEMS.keys())
def test_a_mail_system_in_its_own_words(sender: str, subject: str, text: str, expected: str) -> None:
    mail = parse_mail(f"From: {sender}\nSubject: {subject}\n\n{text}".encode())
    assert read_kind(mail, "").kind == expected


def test_an_abuse_report_is_known() -> None:
    raw = report("failed").replace(b"delivery-status", b"feedback-report")
    reading = read_kind(parse_mail(raw))
    assert (reading.kind, reading.about) == ("abuse_report", "<ours.1@luotsi.example>")


def test_a_read_receipt_is_a_robots() -> None:
    raw = report("displayed").replace(b"delivery-status", b"disposition-notification")
    assert read_kind(parse_mail(raw)).kind == "robot"
