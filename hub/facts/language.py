"""Which of the three languages a text is in, by its small words, its letters and Finnish word endings."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from hub.facts.tokens import Token, fold, parse_tokens
from hub.facts.vocabulary import LANGUAGES, load_words

_FINNISH_END = re.compile(
    r"\w{3,}(?:ssa|sta|lla|lta|lle|ksi|een|iin|oon|aan|inen|nut|nyt|mme|tte|isi|vat|kaan|ko|tti|aa)$"
)
_ENGLISH_END = re.compile(r"\w{3,}(?:ing|tion|ed|'t|ly)$")
_SWEDISH_END = re.compile(r"\w{3,}(?:ningen|ande|arna|erna|ade|ligt|het|eten|numret)$")
_ENDINGS = {"fi": _FINNISH_END, "sv": _SWEDISH_END, "en": _ENGLISH_END}


@functools.cache
def load_small_words(language: str) -> frozenset[str]:
    return frozenset(fold(str(word)) for word in load_words(language)["small_words"])


def score_language(tokens: Sequence[Token], language: str) -> int:
    small, ending = load_small_words(language), _ENDINGS[language]
    words = sum(3 * (token.word in small) + bool(ending.match(token.word)) for token in tokens)
    return words + (language == "sv") * sum("å" in token.spelt for token in tokens)


def detect_language(text: str) -> str:
    """fi, sv or en; Finnish where nothing tells, as most write it."""
    tokens = parse_tokens(text)
    scores = {language: score_language(tokens, language) for language in LANGUAGES}
    return max(LANGUAGES, key=lambda language: scores[language])
