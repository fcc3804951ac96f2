"""Mails of an earlier history."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

MATTI = "matti.lukija@example.com"
SUPPORT = "support@luotsi.example"


def mail(number: int, at: datetime, sender: str = MATTI, to: str = SUPPORT, **more: str) -> bytes:
    """`more` are `subject`, `body`, and headers by name with _ for -."""
    body = more.pop("body", "Harvard Business Review'n syyskuun numero ei näy Ziniossa. Luen iPadilla.")
    subject = more.pop("subject", "HBR puuttuu")
    others = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in more.items())
    head = f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {format_datetime(at)}\nMessage-ID: <{number}@old>\n"
    return f"{head}{others}Content-Type: text/plain; charset=utf-8\n\n{body}\n".encode()
