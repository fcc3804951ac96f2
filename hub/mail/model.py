"""What a mail is to the hub, once read."""

from __future__ import annotations

from datetime import datetime

from hub.ports import Value


class Address(Value):
    """`address` in lower case; empty where there is none to be read."""

    name: str = ""
    address: str = ""


class Attachment(Value):
    """`size` in octets and `sha256` in hex, both of the decoded content. `name` is empty where it has none."""

    name: str
    type: str
    size: int
    sha256: str
    content_id: str = ""


class MachineReport(Value):
    """A multipart/report (RFC 6522): `type` is delivery-status, feedback-report or disposition-notification;
    `actions` and `statuses` those of its recipients (RFC 3464); `about` the Message-ID it is about."""

    type: str
    actions: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    about: str | None = None


class Signs(Value):
    """What a mail's headers tell of being automatic. Lower case; empty where the header is missing.

    `return_path` is None where the header is missing, empty where it is `<>`. `auto_headers` are the names of the
    vacation headers that are there. `failed_recipients` is Exim's `X-Failed-Recipients`.
    """

    auto_submitted: str = ""
    precedence: str = ""
    list_id: str = ""
    list_post: str = ""
    list_unsubscribe: str = ""
    return_path: str | None = None
    auto_headers: tuple[str, ...] = ()
    failed_recipients: str = ""
    content_type: str = ""
    report: MachineReport | None = None
    quoted_message_id: str | None = None


class ParsedMail(Value):
    """Message-IDs with their angle brackets. `text` is all that can be read, `reply` the part that is new.

    `problems` are plain sentences on what was broken in the mail and how it was read all the same.
    """

    subject: str = ""
    sender: Address = Address()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    text: str = ""
    reply: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    signs: Signs = Signs()
    problems: tuple[str, ...] = ()
