"""What people write in the magazine story, in the reader's language. Nothing here asks for what the hub knows, but
`asks_known`, which the owner must not get to send."""

from __future__ import annotations

from datetime import datetime

from cli.stories.plot import Plot
from hub.texts import to_month

WORDS = {
    "fi": {
        "subject": "{title} puuttuu",
        "complaint": "Hei,\n\nlehden {title} {month}n numero ei ole ilmestynyt Zinioon, vaikka se on jo julkaistu. "
        "Luen iPadilla, ja tunnukseni on {email}. Käynnistin sovelluksen uudelleen, ei auttanut.\n\n{name}\n",
        "subject_again": "{title} puuttuu taas",
        "complaint_again": "Hei,\n\ntaas sama vika: lehden {title} {month}n numero puuttuu.\n\n{name}\n",
        "asks_known": "Hei, mikä on sähköpostiosoitteesi?",
        "arrived": "Hei, näimme, että sovelluksesi avasi lehden, joten se on nyt perillä. Pahoittelen vaivaa.",
        "in_hand": "Hei, otin asian itse hoitaakseni ja tilasin sinulle uuden kappaleen. Syytä etsitään nyt "
        "kustantajan kanssa, ja kerron siitä sinulle.",
        "cause": "Tilauksesi uusiutui samana yönä, jona numero jaettiin, ja jakeluajo ohitti silloin uusiutuvat.",
        "fix": "Jakeluajo on korjattu: seuraava numero jaetaan myös niille, joiden tilaus uusiutuu samana yönä.",
        "solved": "Hei, lehti on perillä. Syy löytyi: {cause} Kustantaja on korjannut sen, ja seuraamme itse, "
        "että seuraava numero tulee.",
    },
    "sv": {
        "subject": "{title} saknas",
        "complaint": "Hej,\n\n{month}numret av {title} har inte kommit till Zinio fast det redan är utgivet. "
        "Jag läser på iPad och mitt konto är {email}. Jag startade om appen, det hjälpte inte.\n\n{name}\n",
        "subject_again": "{title} saknas igen",
        "complaint_again": "Hej,\n\nsamma fel igen: {month}numret av {title} saknas.\n\n{name}\n",
        "asks_known": "Hej, vilken är din e-postadress?",
        "arrived": "Hej, vi såg att din app öppnade tidningen, så nu är den framme. Jag beklagar besväret.",
        "in_hand": "Hej, jag tog hand om det själv och beställde ett nytt exemplar åt dig. Vi söker orsaken "
        "tillsammans med utgivaren, och jag berättar den för dig.",
        "cause": "Din prenumeration förnyades samma natt som numret delades ut, och utdelningen hoppade över sådana.",
        "fix": "Utdelningen är rättad: nästa nummer delas ut också till dem vars prenumeration förnyas samma natt.",
        "solved": "Hej, tidningen är framme. Orsaken är hittad: {cause} Utgivaren har rättat felet, och vi följer "
        "själva upp att nästa nummer kommer.",
    },
    "en": {
        "subject": "{title} is missing",
        "complaint": "Hello,\n\nthe {month} issue of {title} has not appeared in Zinio although it has been published. "
        "I read on an iPad and my account is {email}. I restarted the app, which did not help.\n\n{name}\n",
        "subject_again": "{title} is missing again",
        "complaint_again": "Hello,\n\nthe same fault again: the {month} issue of {title} is missing.\n\n{name}\n",
        "asks_known": "Hello, what is your e-mail address?",
        "arrived": "Hello, we saw your app open the issue, so it has arrived now. I am sorry for the trouble.",
        "in_hand": "Hello, I took this up myself and ordered a fresh copy for you. The cause is being looked for "
        "together with the publisher, and I will tell you what it was.",
        "cause": "Your subscription was renewed in the night the issue was handed out, and that run left it out.",
        "fix": "The run is corrected: the next issue goes also to those whose subscription is renewed that night.",
        "solved": "Hello, the issue has arrived. The cause was found: {cause} The publisher has corrected it, and we "
        "watch ourselves that the next issue comes.",
    },
}


def say(plot: Plot, word: str, at: datetime | None = None) -> str:
    """`at` gives the month that is spoken of."""
    language = plot.person.language
    places = {
        "title": plot.publication.title,
        "month": to_month(at, language).split()[0] if at else "",
        "email": plot.person.email,
        "name": plot.person.name,
        "cause": WORDS[language]["cause"],
    }
    return WORDS[language][word].format(**places)
