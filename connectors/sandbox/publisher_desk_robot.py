"""The publisher's robot: it asks for what it was told, in the language of the ticket."""

from __future__ import annotations

import re

TEXTS = {
    "fi": (
        "Hei,\n\nkiitos viestistäsi! Ole hyvä ja tarkista, että sähköpostiosoite on oikein ja että "
        "julkaisualusta on oikea.\n\nTerveisin Megan"
    ),
    "sv": (
        "Hej,\n\ntack för ditt meddelande! Var vänlig och kontrollera att e-postadressen är rätt och att "
        "plattformen är rätt.\n\nHälsningar Megan"
    ),
    "en": (
        "Hi,\n\nthank you for your message! Please check that the e-mail address is right and the platform "
        "is right.\n\nBest regards, Megan"
    ),
}
WORDS = {
    "fi": "hei on ei ja että lehti lehden numero tilaus asiakas tilaaja mutta kun olen sovellus",
    "sv": "hej är och inte att det jag har av för tidning tidningen nummer prenumeration kund",
    "en": "hi is not and the that it i has of for magazine issue subscription customer",
}


def find_language(text: str) -> str:
    """The language whose small words are seen most; English where none is."""
    words = re.findall(r"\w+", text.lower())
    seen = {language: sum(word in small.split() for word in words) for language, small in WORDS.items()}
    best = max(seen, key=lambda language: seen[language])
    return best if seen[best] else "en"
