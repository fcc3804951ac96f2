"""The parts of a mail: what is text to read, what is attached."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass, field
from email.message import Message

from hub.mail.charset import decode_text, to_storable
from hub.mail.headers import decode_base64, find_raw, find_text, parse_parameters
from hub.mail.html_text import html_to_text
from hub.mail.model import Attachment
from hub.mail.uuencode import decode_uu, take_uuencoded

DEEPEST = 40  # levels of parts within parts that are opened
MOST = 20_000  # parts that are listed


@dataclass
class Content:
    """What a mail, or one part of it, holds. `plain` tells that `texts` was written as text, not reduced from HTML."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    plain: bool = False

    def add(self, other: Content) -> None:
        self.texts += other.texts
        self.plain = self.plain or other.plain
        self.add_rest(other)

    def add_rest(self, other: Content) -> None:
        self.htmls += other.htmls
        self.attachments += other.attachments
        self.problems += other.problems

    @property
    def is_blank(self) -> bool:
        return not any(text.strip() for text in self.texts)


@dataclass(frozen=True)
class Leaf:
    """One part's own headers. `type` is in lower case, text/plain where there is none that can be read."""

    type: str
    charset: str
    name: str
    disposition: str
    content_id: str

    @property
    def is_text(self) -> bool:
        return self.type in ("text/plain", "text/html") and self.disposition != "attachment"


def read_leaf(part: Message) -> Leaf:
    type_, parameters = parse_parameters(find_raw(part, "Content-Type") or "")
    disposition, more = parse_parameters(find_raw(part, "Content-Disposition") or "")
    name = more.get("filename") or parameters.get("name") or ""
    return Leaf(
        type=type_ if _is_type(type_) else ("text/plain" if not type_ else part.get_content_type()),
        charset=parameters.get("charset", ""),
        name=to_storable(" ".join(name.replace("\\", "/").rpartition("/")[2].split())),
        disposition=disposition,
        content_id=find_text(part, "Content-ID").strip("<>"),
    )


def _is_type(text: str) -> bool:
    return text.count("/") == 1 and all(text.split("/")) and not any(ch.isspace() for ch in text)


def read_content(part: Message, depth: int = 0) -> Content:
    leaf, inner = read_leaf(part), part.get_payload()
    if isinstance(inner, list) and leaf.type != "message/rfc822" and part.get_content_maintype() == "multipart":
        if depth >= DEEPEST:
            return _too_deep(part)
        children = [read_content(child, depth + 1) for child in inner[:MOST] if isinstance(child, Message)]
        return _choose(children) if leaf.type == "multipart/alternative" else _join(children)
    if leaf.is_text or leaf.type.startswith("multipart/"):
        return _read_text(part, leaf)
    return Content(attachments=[_to_attachment(leaf, part)], problems=_name_problems(leaf))


def _join(children: list[Content]) -> Content:
    whole = Content()
    for child in children:
        whole.add(child)
    return whole


def _choose(children: list[Content]) -> Content:
    """Alternatives say the same: the one written as text is read, the HTML kept to be shown."""
    readable = [child for child in children if not child.is_blank]
    chosen = next((child for child in readable if child.plain), readable[-1] if readable else Content())
    whole = Content(texts=chosen.texts, plain=chosen.plain)
    for child in children:
        whole.add_rest(child)
    return whole


def _read_text(part: Message, leaf: Leaf) -> Content:
    text, problem = decode_text(decode_transfer(part), leaf.charset)
    problems = [problem] if problem else []
    if leaf.type.startswith("multipart/"):
        problems.append("The mail says that it has parts, but none could be found; it is shown as it came.")
    if leaf.type == "text/html":
        return Content(texts=[html_to_text(text)], htmls=[text], problems=problems)
    kept, files = take_uuencoded(text.replace("\r\n", "\n"))
    attachments = [_describe(name, "application/octet-stream", content) for name, content in files]
    if leaf.name:
        attachments.append(_describe(leaf.name, leaf.type, decode_transfer(part)))
    return Content(texts=[kept], attachments=attachments, problems=problems, plain=True)


def _to_attachment(leaf: Leaf, part: Message) -> Attachment:
    content = part_octets(part)
    found = _describe(leaf.name or _nested_name(part), leaf.type, content)
    return found.model_copy(update={"content_id": leaf.content_id})


def _describe(name: str, type_: str, content: bytes) -> Attachment:
    return Attachment(name=name, type=type_, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def _nested_name(part: Message) -> str:
    inner = part.get_payload()
    if not isinstance(inner, list) or not inner or not isinstance(inner[0], Message):
        return ""
    return f"{find_text(inner[0], 'Subject')[:100].replace('/', '-') or 'message'}.eml"


def _name_problems(leaf: Leaf) -> list[str]:
    if leaf.type in ("application/ms-tnef", "application/vnd.ms-tnef"):
        return [f"The attachment {leaf.name or 'winmail.dat'} is in Microsoft's TNEF format; it was not opened."]
    return []


def _too_deep(part: Message) -> Content:
    content = part_octets(part)
    return Content(
        attachments=[_describe("", part.get_content_type(), content)],
        problems=[f"The mail has parts within parts more than {DEEPEST} deep; the deepest were not opened."],
    )


def part_octets(part: Message) -> bytes:
    """The decoded content of a part; of a nested mail, or of parts not opened, the mail itself."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return decode_transfer(part)
    return b"".join(_as_bytes(child) for child in inner if isinstance(child, Message))


def _as_bytes(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except Exception:  # noqa: BLE001 - the library's generator raises whatever broken headers lead it to
        return "\n".join(f"{name}: {value}" for name, value in message.raw_items()).encode("utf-8", "replace")


def decode_transfer(part: Message) -> bytes:
    encoding = find_text(part, "Content-Transfer-Encoding").lower()
    meant = encoding.strip("\"' ;")
    if meant == "base64":
        return decode_base64(_ascii(part))
    if meant in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _decode_uu_part(_ascii(part))
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return b""
    # The library has decoded it already where the header says exactly that.
    return binascii.a2b_qp(octets) if meant == "quoted-printable" != encoding else octets


def _ascii(part: Message) -> bytes:
    inner = part.get_payload()
    return inner.encode("ascii", "replace") if isinstance(inner, str) else b""


def _decode_uu_part(raw: bytes) -> bytes:
    _, _, body = raw.partition(b"\n")
    decoded = decode_uu(body.rpartition(b"end")[0])
    return raw if decoded is None else decoded
