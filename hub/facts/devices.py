"""Key `device`: what the sender reads or works on; not what he has not tried, nor where it works."""

from __future__ import annotations

from collections.abc import Iterator

from hub.facts.clauses import Clause, Sentence
from hub.facts.model import FoundFact
from hub.facts.publications import is_said_to_work
from hub.facts.reading import Reading
from hub.facts.vocabulary import Hit

NAMED = {
    "dev_iphone": "iphone",
    "dev_ipad": "ipad",
    "dev_mac": "mac",
    "dev_windows": "windows",
    "dev_kindle": "kindle",
    "dev_web": "web",
    "dev_android_phone": "android_phone",
    "dev_android_tablet": "android_tablet",
}


def _find_android(sentence: Sentence, hit: Hit) -> str | None:
    """Bare `Android` or `Samsung` needs a word that says phone or tablet."""
    clause = sentence.get_clause(hit.first)
    for part in (clause, sentence):
        if part.has("tablet_word"):
            return "android_tablet"
        if part.has("phone_word"):
            return "android_phone"
    return None


def _find_device(sentence: Sentence, hit: Hit) -> str | None:
    if hit.concept in NAMED:
        return NAMED[hit.concept]
    if hit.concept in ("android", "brand_android") and not sentence.has("dev_android_phone", "dev_android_tablet"):
        return _find_android(sentence, hit)
    return None


def _is_app_name(sentence: Sentence, hit: Hit) -> bool:
    return any(app.first <= hit.first <= app.last and app.last > app.first for app in sentence.list_hits("app"))


def _is_excluded(sentence: Sentence, clause: Clause) -> bool:
    not_tried = clause.denied and clause.has("try_done")
    return not_tried or clause.supposed or is_said_to_work(sentence, clause)


def iter_devices(reading: Reading) -> Iterator[tuple[Sentence, Hit, str]]:
    for sentence in reading.sentences:
        for hit in sentence.hits:
            device = _find_device(sentence, hit)
            if (
                device
                and not _is_app_name(sentence, hit)
                and not _is_excluded(sentence, sentence.get_clause(hit.first))
            ):
                yield sentence, hit, device


def find_devices(reading: Reading) -> Iterator[FoundFact]:
    for sentence, hit, device in iter_devices(reading):
        yield reading.to_fact("device", device, sentence.get_span(hit))
