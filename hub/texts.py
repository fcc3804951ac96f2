"""Words for people in Finnish, Swedish and English, from `locale/*.ftl`. A missing word is an error, not a gap."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from fluent.runtime import FluentBundle, FluentResource

from hub.errors import NotFound

LOCALE = Path(__file__).parent.parent / "locale"
LANGUAGES = ("fi", "sv", "en")


def say(language: str, word: str, **places: object) -> str:
    """In `language`, else English. NotFound for a word that no file has."""
    bundle = _bundle(language if language in LANGUAGES else "en")
    if not bundle.has_message(word):
        raise NotFound(f"no word {word} in locale/{language}.ftl")
    pattern = bundle.get_message(word).value
    if pattern is None:
        raise NotFound(f"{word} in locale/{language}.ftl says nothing")
    text, errors = bundle.format_pattern(pattern, {k: str(v) for k, v in places.items()})
    if errors:
        raise NotFound(f"{word} in locale/{language}.ftl: {errors[0]}")
    return str(text)


def find_word(language: str, word: str) -> str | None:
    return say(language, word) if _bundle(language if language in LANGUAGES else "en").has_message(word) else None


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource((LOCALE / f"{language}.ftl").read_text("utf-8")))
    return bundle


def to_moment(at: datetime, language: str, zone: str) -> str:
    """A date and time as its reader would write it, in `zone` (an IANA name)."""
    form = {"fi": "EEE d.M.y 'klo' H.mm", "sv": "EEE d.M.y 'kl.' HH.mm"}.get(language, "EEE d MMM y, HH:mm")
    return format_datetime(at.astimezone(ZoneInfo(zone)), form, locale=language)


def to_month(at: datetime, language: str) -> str:
    """`syyskuu 2026`."""
    return format_date(at.date(), "LLLL y", locale=language)
