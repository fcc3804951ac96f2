"""An outbound mail to what goes over the wire. The same mail always gives the same octets."""

from __future__ import annotations

import hashlib
import re
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from hub.errors import InvalidInput
from hub.mail.headers import parse_addresses, parse_message_ids
from hub.ports import Mail

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*|\[[0-9a-fA-F:.]+\]")
LINE = 900  # octets of a header line; long Message-IDs must not be folded or encoded
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")


def to_email(mail: Mail) -> EmailMessage:
    """InvalidInput where an address cannot be one. Line breaks in any header become spaces: nothing can add one."""
    addresses = (mail.sender, mail.recipient, mail.reply_to or "")
    rules = policy.SMTPUTF8 if not all(a.isascii() for a in map(_bare, addresses)) else policy.SMTP
    message = EmailMessage(policy=rules.clone(max_line_length=LINE))
    message["From"] = _address(mail.sender)
    message["To"] = _address(mail.recipient)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(mail.at)
    _add_thread(message, mail)
    if mail.automatic:
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    _add_body(message, mail)
    return message


def _add_thread(message: EmailMessage, mail: Mail) -> None:
    message["Message-ID"] = _ids(mail.message_id)
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to)
    if mail.in_reply_to:
        message["In-Reply-To"] = _ids(mail.in_reply_to)
    if mail.references:
        message["References"] = _ids(" ".join(mail.references))


def _add_body(message: EmailMessage, mail: Mail) -> None:
    message.set_content(_storable(mail.text), cte="quoted-printable")
    if mail.html is None:
        return
    message.add_alternative(_storable(mail.html), subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{hashlib.sha256(mail.message_id.encode('utf-8', 'replace')).hexdigest()[:40]}")


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _ids(text: str) -> str:
    return " ".join(_one_line(found) for found in parse_message_ids(text))


def _bare(text: str) -> str:
    found = parse_addresses(_one_line(text))
    return found[0].address if found else ""


def _address(text: str) -> Address:
    """The local part keeps its letters as they were given: some systems tell them apart."""
    line = _one_line(text)
    found = parse_addresses(line)
    at = line.lower().find(found[0].address) if len(found) == 1 and found[0].address else -1
    local, _, host = line[at : at + len(found[0].address)].rpartition("@") if at >= 0 else ("", "", "")
    if not local or not _HOST.fullmatch(host):
        raise InvalidInput(f"{line[:80]!r} is not one e-mail address")
    return Address(found[0].name, username=local.strip('"'), domain=host)
