"""Forms a name takes in running text: Finnish cases with consonant gradation, Swedish and English -s.

Works on folded words (a for ä, o for ö), which does away with vowel harmony. It may make forms that no
one writes; it must not miss those that people write.
"""

from __future__ import annotations

import functools

_CASES = (
    "",
    "n",
    "a",
    "ta",
    "tta",
    "ssa",
    "sta",
    "lla",
    "lta",
    "lle",
    "ksi",
    "na",
    "seen",
    "s",
    "t",
    "en",
    "ien",
    "ia",
)
_CLITICS = ("", "kin", "kaan", "han", "ko", "kohan", "ki", "kaa")
_VOWELS = "aeiouy"
# Strong grade at the last syllable -> weak (Iso suomen kielioppi 41)
_WEAKER = {"kk": "k", "pp": "p", "tt": "t", "nk": "ng", "nt": "nn", "mp": "mm", "lt": "ll", "rt": "rr", "ht": "hd"}
_WEAKER_SINGLE = {"p": "v", "t": "d", "k": ""}
_STRONGER = {"t": "tt", "d": "t", "p": "pp", "k": "kk", "v": "p"}


def _weak(stem: str) -> str:
    """`ankka` -> `anka`, `apu` -> `avu`, `lehte` -> `lehde`."""
    if stem[-3:-1] in _WEAKER:
        return stem[:-3] + _WEAKER[stem[-3:-1]] + stem[-1]
    if stem[-2:-1] in _WEAKER_SINGLE and stem[-3:-2] not in ("s", "t", "p", "k"):
        return stem[:-2] + _WEAKER_SINGLE[stem[-2]] + stem[-1]
    return stem


def _list_vowel_stems(word: str) -> set[str]:
    stems = {word, _weak(word)}
    if word.endswith("si"):  # liesi: lieden, liettä
        stems |= {word[:-2] + "de", word[:-2] + "te", word[:-2] + "t"}
    if word.endswith("i"):  # lehti: lehden, lehteä
        stems |= {word[:-1] + "e", _weak(word[:-1] + "e")}
    if word.endswith("e"):  # tiede: tieteen; liite: liitteen
        strong = word[:-2] + _STRONGER.get(word[-2:-1], word[-2:-1])
        stems |= {strong + "ee", word + "e"}
    return stems


def _list_consonant_stems(word: str) -> set[str]:
    stems = {word, word + "i", word + word[-1] + "i"}  # wired: WIREDiä; wolt: Wolttiin
    if word.endswith(("us", "ys")):  # talous: talouden, taloutta; sanomus: sanomuksen
        stems |= {word[:-1] + "de", word[:-1] + "te", word[:-1] + "t", word[:-1] + "kse"}
    if word.endswith("s"):  # plus: Plussan
        stems.add(word + "sa")
    if word.endswith("nen"):
        stems |= {word[:-3] + "se", word[:-3] + "s"}
    if word[-2:-1] in _VOWELS and word.endswith("t"):  # naiset: naisten, naisia; sanomat: sanomien
        stems |= {word[:-2] + "i", word[:-2] + "te", word[:-2]}
    return stems


def list_stems(word: str) -> set[str]:
    stems = _list_vowel_stems(word) if word[-1] in _VOWELS else _list_consonant_stems(word)
    return {stem for stem in stems if len(stem) > 1}


@functools.cache
def list_forms(word: str) -> frozenset[str]:
    """All folded forms of a folded name, itself included."""
    if len(word) < 2 or not word.isalpha():
        return frozenset({word})
    endings = {stem + case for stem in list_stems(word) for case in _CASES}
    endings |= {stem + stem[-1] + "n" for stem in list_stems(word)}  # illative: optioon
    endings |= {f"{stem}h{stem[-1]}n" for stem in list_stems(word)}
    endings |= {stem + "hin" for stem in list_stems(word)} | {stem + "iin" for stem in list_stems(word)}
    return frozenset(ending + clitic for ending in endings for clitic in _CLITICS)
