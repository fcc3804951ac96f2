"""What the hub sees in a raw mail, for `luotsi read`: the very code of the intake."""

from __future__ import annotations

from typing import Any

from hub.mail.kind import read_kind
from hub.mail.model import Address, ParsedMail
from hub.mail.parse import parse_mail


def read_mail(raw: bytes) -> dict[str, Any]:
    """`date` in ISO 8601 with its zone or None; Message-IDs with angle brackets; `about` None where there is none."""
    mail = parse_mail(raw)
    reading = read_kind(mail)
    return {
        "subject": mail.subject,
        "from": _to_json(mail.sender),
        "to": [_to_json(address) for address in mail.to],
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "text": mail.text,
        "reply": mail.reply,
        "attachments": _attachments(mail),
        "kind": reading.kind.value,
        "about": reading.about,
        "problems": list(mail.problems),
    }


def _to_json(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": address.address}


def _attachments(mail: ParsedMail) -> list[dict[str, Any]]:
    return [
        {"name": found.name, "type": found.type, "size": found.size, "sha256": found.sha256}
        for found in mail.attachments
    ]
