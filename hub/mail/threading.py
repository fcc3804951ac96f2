"""Reply tokens: how an answer finds its case. A token is bound to (case, party) where it is stored; here it is only
made, carried in addresses, Message-IDs and subjects, and found again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from hub.mail.model import ParsedMail

# Lower case letters and digits that survive any mail system and are not taken for each other (no i, l, o, u).
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 20  # of 5 bits each: 100 bits
_TOKEN = rf"[{ALPHABET}]{{{LENGTH}}}"
_IN_SUBJECT = re.compile(rf"\[#({_TOKEN})\]", re.IGNORECASE)
_IN_MESSAGE_ID = re.compile(rf"<luotsi\.({_TOKEN})\.[^@<>\s]+@([^<>\s]+)>", re.IGNORECASE)


def make_token(random: Callable[[int], bytes]) -> str:
    """`random` gives that many octets that nobody can guess (`secrets.token_bytes`)."""
    return "".join(ALPHABET[octet % len(ALPHABET)] for octet in random(LENGTH))


def reply_address(support_address: str, token: str) -> str:
    local, _, host = support_address.rpartition("@")
    return f"{local}+{token}@{host}"


def mark_subject(subject: str, token: str) -> str:
    return f"{subject} [#{token}]"


def make_message_id(token: str, unique: str, domain: str) -> str:
    """`unique` tells this mail from others to the same party; what a Message-ID cannot hold is left out of it."""
    return f"<luotsi.{token}.{re.sub('[^A-Za-z0-9._-]', '', unique)}@{domain}>"


def find_tokens(mail: ParsedMail, recipients: Iterable[str], support_address: str) -> list[str]:
    """Each once, the strongest sign first: the address it came to, the addresses it names, the mails of ours that it
    answers (the newest first), the subject."""
    addresses = [*recipients, *(a.address for a in (*mail.to, *mail.cc))]
    ids = [mail.in_reply_to or "", *reversed(mail.references)]
    found = [
        *_in_addresses(addresses, support_address),
        *_in_message_ids(ids, support_address),
        *(match.lower() for match in _IN_SUBJECT.findall(mail.subject)),
    ]
    return list(dict.fromkeys(found))


def _in_addresses(addresses: Iterable[str], support_address: str) -> Iterator[str]:
    local, _, host = support_address.lower().rpartition("@")
    ours = re.compile(rf"<?{re.escape(local)}\+({_TOKEN})@{re.escape(host)}>?")
    return (match[1] for a in addresses if (match := ours.fullmatch(a.strip().lower())))


def _in_message_ids(ids: Iterable[str], support_address: str) -> Iterator[str]:
    host = support_address.lower().rpartition("@")[2]
    matches = (_IN_MESSAGE_ID.fullmatch(message_id) for message_id in ids)
    return (m[1].lower() for m in matches if m and m[2].lower() == host)
