"""What a mail is: written by a person, or by which kind of machine. A person's mail is never taken for a machine's:
where one sign alone could be either, it is a person's."""

from __future__ import annotations

import re
from enum import StrEnum

from hub.mail.model import ParsedMail
from hub.ports import Value


class MailKind(StrEnum):
    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    DELAY = "delay"
    LIST = "list"
    ABUSE_REPORT = "abuse_report"
    ROBOT = "robot"


class KindReading(Value):
    """`about` is the Message-ID that a bounce, delay or report is about; `reason` says in plain words why it is so."""

    kind: MailKind
    about: str | None = None
    reason: str = ""


_DAEMON = re.compile(
    r"^(?:mailer-?daemon|postmaster|mail-?daemon|mdaemon|bounces?|mail\.?system|double-bounce|maildelivery\w*"
    r"|mailadmin|mail_?delivery_?subsystem|micosoftexchange\w*|microsoftexchange\w*|smtpd?|return|undeliverable)(?:[@+.\-_]|$)"
)
_DAEMON_NAME = re.compile(r"mail delivery (?:sub)?system|mailer.?daemon|system administrator|postmaster", re.IGNORECASE)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|non.?deliver|not (?:be )?delivered|deliver\w* (?:fail|problem|status|error|notification|report)"
    r"|failure notice|returned mail|returned to sender|mail (?:system )?error|couldn'?t be delivered"
    r"|could not (?:be )?(?:deliver|send)|can(?:not|'t) (?:be )?(?:deliver|send)|unable to deliver|message you sent"
    r"|mail failure|failed mail|user unknown|unknown user|bounce|rejected (?:e?mail|message)"
    r"|toimittaminen epäonnistui|ei voitu toimittaa|toimittamatta|perille|perillemeno|viestiä ei|går inte att leverera"
    r"|kunde inte levereras|inte levererats|misslyck|olevererbar|unzustell|zustell|nicht zugestellt|non remis"
    r"|no se (?:puede|pudo) entregar|mancato recapito|não entregue|недоставлен",
    re.IGNORECASE,
)
_DELAY_SUBJECT = re.compile(
    r"delay|warning.{0,30}(?:could not|not yet|still)|still (?:trying|being retried)|deferred|viiväst|viiväs|fördröj"
    r"|försen|wird verzögert|verzögert",
    re.IGNORECASE,
)
_BOUNCE_TEXT = re.compile(
    r"(?:could not|couldn't|cannot|can't|unable to|wasn't|was not|not be) (?:be )?(?:deliver|send|relay)"
    r"|permanent(?:ly)? (?:fatal |failed|failure|error)|user unknown|unknown user|no such user"
    r"|mailbox (?:is )?(?:full|unavail|not found)|does(?:n't| not) exist|over quota"
    r"|delivery (?:has )?failed|undeliver|\b5\d\d[ -]5\.\d\.\d",
    re.IGNORECASE,
)
_DELAY_TEXT = re.compile(
    r"will (?:continue to (?:be )?(?:try|retr)|be retried|keep trying)|no action is required|not yet been delivered"
    r"|you do not need to resend|warning message only",
    re.IGNORECASE,
)
# What programs put before the subject they answer: nobody types these, and a person's answer starts with "Re:".
_AUTO_SUBJECT = re.compile(
    r"^\s*(?:auto(?:matic|mated)?[ -]?(?:re(?:ply|sponse)|respon[sd]er)|out[ -]of[ -](?:the )?office(?: autoreply)?"
    r"|autoreply|automaattinen (?:poissaolo)?(?:vastaus|viesti)|poissaolo(?:viesti|ilmoitus)|automatiskt svar|autosvar"
    r"|frånvaromeddelande|automatisk svar|automatische antwort|abwesenheits\w+|réponse automatique|respuesta automática"
    r"|risposta automatica|automatisch antwoord)\s*[:：]",
    re.IGNORECASE,
)
# Words that people use too: they count only beside a second sign.
_AWAY_SUBJECT = re.compile(
    r"^\s*(?:auto\s*:|auto[ -]?reply|out of (?:the )?office|vacation|on (?:holiday|leave)|away from|i(?: a|')m away"
    r"|poissa|lomalla\b|olen (?:poissa|lomalla)|kiitos (?:viestistä|yhteydenoto)|automaatti|frånvar|semester\b|ledig\b"
    r"|automati)",
    re.IGNORECASE,
)
_REPLY_SUBJECT = re.compile(r"^\s*(?:re|vs|sv|aw|antw|vl|fw|fwd|vb|tr)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_NO_REPLY = re.compile(r"^(?:no|do|ei|inte)[-_.]?(?:not[-_.]?)?(?:reply|vastaa|vastausta|svara|respond)(?:[-_.+@\d]|$)")
_ABUSE_SUBJECT = re.compile(r"^complaint about message from|^abuse report|\[abuse\]|feedback loop", re.IGNORECASE)


def read_kind(mail: ParsedMail, envelope_sender: str | None = None) -> KindReading:
    """`envelope_sender` is the SMTP MAIL FROM: empty for `<>`, None where it is not known (then Return-Path tells)."""
    signs = mail.signs
    sender = signs.return_path if envelope_sender is None else envelope_sender.strip("<> ").lower()
    return (
        _read_report(mail)
        or _read_plain_bounce(mail, sender)
        or _read_auto_reply(mail, sender)
        or _read_list(mail)
        or _read_robot(mail, sender)
        or KindReading(kind=MailKind.PERSON, reason="nothing says that a machine wrote it")
    )


def _read_report(mail: ParsedMail) -> KindReading | None:
    """RFC 3464, 5965 and 8098: reports that say themselves what they are."""
    report = mail.signs.report
    if report is None:
        return None
    about = report.about or mail.signs.quoted_message_id
    if report.type == "feedback-report":
        return KindReading(kind=MailKind.ABUSE_REPORT, about=about, reason="it is a feedback report (RFC 5965)")
    if report.type != "delivery-status":
        return KindReading(kind=MailKind.ROBOT, about=about, reason=f"it is a {report.type} report")
    kind = _read_actions(mail, set(report.actions))
    return KindReading(
        kind=kind, about=about, reason=f"it is a delivery report: {', '.join(report.actions) or 'no action'}"
    )


def _read_actions(mail: ParsedMail, actions: set[str]) -> MailKind:
    if "failed" in actions:
        return MailKind.BOUNCE
    if "delayed" in actions:
        return MailKind.DELAY
    if actions & {"delivered", "relayed", "expanded"}:
        return MailKind.ROBOT
    return MailKind.DELAY if _DELAY_SUBJECT.search(mail.subject) else MailKind.BOUNCE


def _read_plain_bounce(mail: ParsedMail, sender: str | None) -> KindReading | None:
    """Bounces in no standard form: from a mail system or to nobody, and worded like one."""
    head, signs = mail.text[:4000], mail.signs
    worded = bool(_BOUNCE_SUBJECT.search(mail.subject)) + bool(_BOUNCE_TEXT.search(head))
    is_late = bool(_DELAY_SUBJECT.search(mail.subject) or _DELAY_TEXT.search(head))
    to_nobody = sender == ""
    if not signs.failed_recipients and not (to_nobody and worded == 2):
        answers = _REPLY_SUBJECT.match(mail.subject) and not to_nobody
        if answers or not _is_mail_system(mail) or not (worded or is_late):
            return None
    kind = MailKind.DELAY if is_late and not signs.failed_recipients else MailKind.BOUNCE
    return KindReading(kind=kind, about=signs.quoted_message_id, reason="a mail system says it could not deliver")


def _is_mail_system(mail: ParsedMail) -> bool:
    return bool(_DAEMON.match(mail.sender.address) or _DAEMON_NAME.search(mail.sender.name))


def _read_auto_reply(mail: ParsedMail, sender: str | None) -> KindReading | None:
    """RFC 3834. `Auto-Submitted: no` says that a person wrote it; X-Auto-Response-Suppress says only "do not
    answer me by machine", which people's mail programs say too."""
    signs = mail.signs
    reason = ""
    if signs.auto_submitted == "auto-replied":
        reason = "Auto-Submitted says auto-replied"
    elif signs.auto_submitted == "no":
        return None
    elif signs.auto_headers:
        reason = f"it has the header {signs.auto_headers[0]}"
    elif signs.precedence in ("auto_reply", "auto-reply", "autoreply"):
        reason = f"Precedence is {signs.precedence}"
    elif _AUTO_SUBJECT.match(mail.subject):
        reason = "its subject is one that only programs write"
    elif _AWAY_SUBJECT.match(mail.subject) and _has_second_sign(mail, sender):
        reason = "its subject and its headers say that the person is away"
    return KindReading(kind=MailKind.AUTO_REPLY, reason=reason) if reason else None


def _has_second_sign(mail: ParsedMail, sender: str | None) -> bool:
    signs = mail.signs
    return bool(sender == "" or _says_automatic(mail) or signs.precedence in ("bulk", "junk"))


def _says_automatic(mail: ParsedMail) -> bool:
    return mail.signs.auto_submitted not in ("", "no")


def _read_list(mail: ParsedMail) -> KindReading | None:
    signs = mail.signs
    if signs.list_id or signs.list_post or signs.precedence == "list":
        return KindReading(kind=MailKind.LIST, reason="it came through a mailing list")
    return None


def _read_robot(mail: ParsedMail, sender: str | None) -> KindReading | None:
    signs, reason = mail.signs, ""
    if _says_automatic(mail):
        reason = f"Auto-Submitted says {signs.auto_submitted}"
    elif sender == "":
        reason = "it is from nobody: the envelope's sender is empty"
    elif signs.precedence in ("bulk", "junk"):
        reason = f"Precedence is {signs.precedence}"
    elif _NO_REPLY.match(mail.sender.address):
        reason = "its address says that nobody reads answers to it"
    elif _ABUSE_SUBJECT.search(mail.subject) and signs.quoted_message_id:
        return KindReading(kind=MailKind.ABUSE_REPORT, about=signs.quoted_message_id, reason="it complains of a mail")
    return KindReading(kind=MailKind.ROBOT, reason=reason) if reason else None
