"""What one line of a mail's text is: a quote, the line a mail program puts above one, a signature, or written."""

from __future__ import annotations

import re
from enum import StrEnum

MOST_JOINED = 4  # lines over which programs break the line above a quote


class Line(StrEnum):
    BLANK = "blank"
    QUOTE = "quote"
    ABOVE_QUOTE = "above_quote"  # "On ... X wrote:"
    ABOVE_OLD = "above_old"  # the same, so surely a program's that what follows is old without any ">"
    OLD = "old"  # a separator, or the From/Sent/To block, above an old mail
    SIGNATURE = "signature"  # the "-- " mark
    DEVICE = "device"  # "Sent from my iPhone"
    WRITTEN = "written"


_FINAL = r"wrote|writes|kirjoitti|kirjoittaa|a écrit|écrit|escribió|ha scritto|escreveu|schreef|skrev|schrieb|yazdı"
_MIDDLE = r"kirjoitti|skrev|schrieb|schreef|napisał\(?a?\)?|пишет|написала?|escribió|escreveu|ha scritto|a écrit"
_VERB_LAST = re.compile(rf"(?<!\w)(?:{_FINAL})\s?(?:\(a\))?\s?:$", re.IGNORECASE)
_VERB_WITHIN = re.compile(rf"(?<!\w)(?:{_MIDDLE})\s[^.!?:]{{0,10}}[^!?]{{1,90}}:$", re.IGNORECASE)
_ASIAN = re.compile(r"(?:写道|寫道|のメール|作成)[::]$")
_DATE = re.compile(r"\d{1,2}\s?[./-]\s?\d{1,2}|\d{4}|\d{1,2}\.? \w{3,}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)")
_CLOCK = re.compile(r"(?<![\d.,:])\d{1,2}[:.]\d{2}(?::\d{2})?(?![\d]|[.,:]\d)")
_ADDRESS = re.compile(r"[^\s<>()\[\]:,]+@[^\s<>()\[\]:,]+")
_BARE_ABOVE = re.compile(r"^\d{4}-\d{2}-\d{2},? .{0,120}<[^<>\s]+@[^<>\s]+>:$")
_STARTS_ABOVE = re.compile(
    r"^(?:On|Den|Am|Le|El|Il|Op|Em|På|W dniu|Dnia|\W?\d|(?:ma|ti|ke|to|pe|la|su|mån|tis|ons|tors|fre|lör|sön|Mon|Tue"
    r"|Wed|Thu|Fri|Sat|Sun)\w{0,6}[., ])",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^[>\s*]*[-_=]{2,}\s?(?:original message|original appointment|reply message|alkuperäinen viesti|"
    r"ursprungligt meddelande|ursprüngliche nachricht|message d'origine|message original|mensaje original|"
    r"messaggio originale|oprindelig meddelelse|opprinnelig melding|oorspronkelijk bericht|mensagem original|"
    r"wiadomość oryginalna|исходное сообщение)\s?[-_=]{2,}",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"forwarded message|välitetty viesti|edelleenlähetetty|vidarebefordrat|weitergeleitete nachricht"
    r"|message transféré|mensaje reenviado|messaggio inoltrato|videresendt",
    re.IGNORECASE,
)
_FIELDS = {
    "from": "From|Lähettäjä|Från|Avsändare|Fra|Von|De|Da|Van|Od|От",
    "date": "Sent|Date|Lähetetty|Päivämäärä|Päiväys|Skickat|Datum|Sendt|Dato|Gesendet|Envoyé|Enviado|Inviato|Data|Дата",
    "to": "To|Cc|Vastaanottaja|Kopio|Till|Kopia|Til|An|À|Para|A|Aan|Do|Кому",
    "subject": "Subject|Aihe|Ämne|Emne|Betreff|Objet|Asunto|Oggetto|Onderwerp|Assunto|Temat|Тема",
}
_FIELD = {name: re.compile(rf"^[>\s*]*(?:{words})\s?:\*?\s*\S", re.IGNORECASE) for name, words in _FIELDS.items()}
_DEVICE = re.compile(
    r"^(?:sent from (?:my|mail|outlook|yahoo|the|a)\b|sent via|sent with|get outlook for|lähetetty \S*(?:puhelimesta"
    r"|iphonesta|ipadista|laitteesta|androidista|sähköpostista)|lähetetty (?:iphonesta|ipadista|samsung|huawei|oneplus"
    r"|nokia|outlookista|yahoo|mobiili|androidi)|hanki outlook|skickat från|skickades från|hämta outlook"
    r"|von meinem \S+ gesendet|gesendet von|envoyé de(?:puis)? mon|enviado desde mi|inviato da|verzonden vanaf"
    r"|sendt fra)\b.{0,60}$",
    re.IGNORECASE,
)


def classify_lines(lines: list[str]) -> list[Line]:
    kinds = [_classify(line) for line in lines]
    for at, line in enumerate(lines):
        if kinds[at] is Line.WRITTEN:
            _mark_above_quote(lines, kinds, at)
        if _FIELD["from"].match(line) and _is_block(lines[at : at + 9]):
            kinds[at] = Line.OLD
    return kinds


def _classify(line: str) -> Line:
    bare = line.strip()
    if not bare:
        return Line.BLANK
    if _SEPARATOR.match(bare):
        return Line.OLD
    if bare.startswith(">"):
        return Line.QUOTE
    if bare in ("--", "—"):
        return Line.SIGNATURE
    return Line.DEVICE if _DEVICE.match(bare.strip("*_")) else Line.WRITTEN


def _is_block(lines: list[str]) -> bool:
    """From, and two more of date, to and subject close by."""
    seen = {name for line in lines for name in ("date", "to", "subject") if _FIELD[name].match(line)}
    return len(seen) >= 2


def _mark_above_quote(lines: list[str], kinds: list[Line], at: int) -> None:
    joined = ""
    for end in range(at, min(at + MOST_JOINED, len(lines))):
        if kinds[end] is not Line.WRITTEN:
            return
        joined = f"{joined} {lines[end].strip()}".strip()
        kind = read_above_quote(joined) if end == at or _STARTS_ABOVE.match(joined) else None
        if kind is not None:
            kinds[at : end + 1] = [kind] * (end + 1 - at)
            return


def read_above_quote(text: str) -> Line | None:
    """Whether this is the line that a program puts above a quote. With an address, or the year and the time of day, it
    is surely no person's: people write "they wrote on 3.11. at 12.30:" too."""
    if len(text) > 320 or text[-1:] not in (":", "："):
        return None
    if _ASIAN.search(text) or _BARE_ABOVE.match(text):
        return Line.ABOVE_OLD
    if not (_VERB_LAST.search(text) or _VERB_WITHIN.search(text)):
        return None
    has_date, has_address = bool(_DATE.search(text)), bool(_ADDRESS.search(text))
    if has_date and (has_address or (_YEAR.search(text) and _CLOCK.search(text))):
        return Line.ABOVE_OLD
    return Line.ABOVE_QUOTE if has_date or has_address else None
