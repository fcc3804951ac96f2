"""Machine reports: RFC 3464 delivery status, RFC 5965 abuse, RFC 8098 disposition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser

from hub.mail.charset import decode_text
from hub.mail.headers import find_raw, parse_message_id, parse_parameters
from hub.mail.model import MachineReport
from hub.mail.parts import decode_transfer

MOST_RECIPIENTS = 200
_REPORTS = {
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "message/feedback-report": "feedback-report",
    "message/disposition-notification": "disposition-notification",
}
_HEADER_PARTS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_QUOTED_ID = re.compile(r"^[>\s]{0,9}Message-ID:\s{0,9}(<[^<>\s]{1,400}>)", re.IGNORECASE | re.MULTILINE)


def read_machine_report(mail: Message) -> MachineReport | None:
    """None where the mail carries no such report, whatever its text says."""
    parts = list(_walk(mail))
    found = next((p for p in parts if _type(p) in _REPORTS), None)
    type_, parameters = parse_parameters(find_raw(mail, "Content-Type") or "")
    declared = parameters.get("report-type", "").lower() if type_ == "multipart/report" else ""
    if found is None and not declared:
        return None
    fields = _fields(found) if found is not None else {}
    return MachineReport(
        type=_REPORTS[_type(found)] if found is not None else declared,
        actions=_words(fields, "action"),
        statuses=_words(fields, "status"),
        recipients=tuple(v.partition(";")[2].strip().lower() or v for v in fields.get("final-recipient", ())),
        about=_find_about(parts, fields),
    )


def find_quoted_message_id(text: str) -> str | None:
    """The Message-ID in the headers that an old-fashioned bounce quotes in its text."""
    found = _QUOTED_ID.search(text[:200_000])
    return found[1] if found else None


def find_returned_id(mail: Message) -> str | None:
    """The Message-ID of the mail, or of its headers, that came back inside this one."""
    return _find_about(list(_walk(mail)), {})


def _walk(mail: Message) -> Iterator[Message]:
    """The parts of this mail, not those of the mails inside it."""
    pending = [mail]
    while pending:
        part = pending.pop(0)
        inner = part.get_payload()
        yield part
        if isinstance(inner, list) and part.get_content_maintype() == "multipart":
            pending += [child for child in inner if isinstance(child, Message)]


def _type(part: Message) -> str:
    return parse_parameters(find_raw(part, "Content-Type") or "")[0]


def _fields(report: Message) -> dict[str, list[str]]:
    """All fields of all groups; the library reads delivery-status as one message per group, other reports as one."""
    inner = report.get_payload()
    groups = inner if isinstance(inner, list) else [_parse_fields(decode_transfer(report))]
    fields: dict[str, list[str]] = {}
    for group in groups[:MOST_RECIPIENTS]:
        for name, value in group.raw_items() if isinstance(group, Message) else ():
            fields.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    return fields


def _parse_fields(raw: bytes) -> Message:
    return BytesParser().parsebytes(raw.strip() + b"\n\n", headersonly=True)


def _words(fields: dict[str, list[str]], name: str) -> tuple[str, ...]:
    return tuple(value.split()[0].lower() for value in fields.get(name, ()) if value.split())


def _find_about(parts: list[Message], fields: dict[str, list[str]]) -> str | None:
    for part in parts:
        returned = _returned(part)
        found = parse_message_id(find_raw(returned, "Message-ID") or "") if returned is not None else None
        if found:
            return found
    return next((parse_message_id(v) for v in fields.get("original-message-id", ()) if v), None)


def _returned(part: Message) -> Message | None:
    inner = part.get_payload()
    if _type(part) in _HEADER_PARTS:
        text, _ = decode_text(decode_transfer(part))
        return _parse_fields(text.encode("utf-8"))
    if _type(part) in ("message/rfc822", "message/global") and isinstance(inner, list) and inner:
        return inner[0] if isinstance(inner[0], Message) else None
    return None
