"""Whether a title in a text is meant, or only its word.

A title that is also an everyday word or a person's name ("Apu", "Anna", "TIME", "Vi") counts only where the
writing says so: its capitals, or words beside it that speak of a magazine.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from hub.facts.language import load_small_words
from hub.facts.names import Mention
from hub.facts.tokens import Token, fold
from hub.facts.vocabulary import LANGUAGES, Hit, load_words

NEAR = 2
_BESIDE = frozenset({"issue_word", "newest", "subscription", "month_name", "week_word", "number_word"})
_FAILS = frozenset({"missing", "download", "vanished"})
_READS = frozenset({"login", "reads"})


@functools.cache
def load_set(name: str) -> frozenset[str]:
    """A list of words/any.yaml as folded words: `everyday` or `person_names`."""
    return frozenset(fold(str(word)) for word in load_words("any")[name])


@functools.cache
def load_all_small_words() -> frozenset[str]:
    return frozenset().union(*(load_small_words(language) for language in LANGUAGES))


def _is_near(mention: Mention, hits: Sequence[Hit], near: int) -> bool:
    return any(
        hit.concept in _BESIDE and mention.first - near <= hit.last and hit.first <= mention.last + near
        for hit in hits
        if not (hit.first >= mention.first and hit.last <= mention.last)
    )


def _list_strong(mention: Mention, hits: Sequence[Hit]) -> list[Hit]:
    """Beside a word in small letters only an issue, or a month before it, speaks of a magazine."""
    return [
        hit
        for hit in hits
        if hit.concept != "subscription" and not (hit.concept == "month_name" and hit.first > mention.last)
    ]


def _has(hits: Sequence[Hit], concepts: frozenset[str]) -> bool:
    return any(hit.concept in concepts for hit in hits)


def _is_identifier(mention: Mention, text: str, tokens: Sequence[Token]) -> bool:
    """`KL-558201` is a number, not Kauppalehti."""
    end = tokens[mention.last].end
    return text[end : end + 1] in ("-", "/", "_") and text[end + 1 : end + 2].isdigit()


def _is_meant_acronym(mention: Mention, tokens: Sequence[Token], hits: Sequence[Hit]) -> bool:
    """In capitals; in small letters only where it is no word of its own, and a short one only beside its like."""
    token, written, word = tokens[mention.first], mention.name.written, mention.name.words[0]
    if token.text.startswith(written) and (len(written) > 2 or token.base == word):
        return True
    if token.base != word or word in load_all_small_words() or not token.text.islower():
        return False
    return len(written) > 2 or token.word != word or _is_near(mention, hits, 1) or _has(hits, _READS)


def _is_meant_everyday(mention: Mention, text: str, tokens: Sequence[Token], hits: Sequence[Hit]) -> bool:
    token, name = tokens[mention.first], mention.name
    is_small = token.base in load_all_small_words()
    if name.written.isupper() and token.text.startswith(name.written):
        return True
    if mention.first == 0 and token.base == name.words[0]:
        return _is_meant_at_start(mention, text, tokens, hits)
    if not token.is_capital:
        return not is_small and _is_near(mention, _list_strong(mention, hits), NEAR)
    is_name = name.words[0] in load_set("person_names")
    if is_name and token.base != name.words[0] and _has(hits, frozenset({"reads"})):
        return True
    if is_small or is_name or mention.first == 0:
        is_bare_name = is_name and token.base == name.words[0]
        return _is_near(mention, hits, 1 if is_small or is_bare_name else NEAR)
    return True


def _is_meant_at_start(mention: Mention, text: str, tokens: Sequence[Token], hits: Sequence[Hit]) -> bool:
    """`Apu ei lataudu`, `Seura 40` and `Anna-lehti` speak of magazines; `Anna numero` and `Vi har` do not."""
    token = tokens[0]
    if not token.is_capital:
        return False
    if len(tokens) == 1:
        return True  # a subject line that is only the title
    following = tokens[mention.last + 1 : mention.last + 2]
    is_joined = text[token.end : token.end + 1] == "-"
    is_numbered = any(hit.concept == "number_word" and hit.first == mention.last + 1 for hit in hits) and any(
        number.is_number for number in tokens[mention.last + 2 : mention.last + 3]
    )
    if following and (following[0].is_number or is_joined or is_numbered):
        return is_joined or token.base not in load_all_small_words()
    return token.base not in load_all_small_words() and _has([hit for hit in hits if hit.first < 5], _FAILS)


def _is_meant_title(mention: Mention, text: str, tokens: Sequence[Token], hits: Sequence[Hit]) -> bool:
    word, token = mention.name.words[0], tokens[mention.first]
    if len(mention.name.words) > 1:
        return token.is_capital or len(mention.name.words) > 2 or word not in load_all_small_words()
    if mention.name.is_acronym and word not in load_set("everyday"):
        return _is_meant_acronym(mention, tokens, hits)
    if word in load_set("everyday") or word in load_set("person_names"):
        return _is_meant_everyday(mention, text, tokens, hits)
    return token.is_capital or len(word) > 4 or _is_near(mention, hits, NEAR)


def _is_meant_partner(mention: Mention, tokens: Sequence[Token], hits: Sequence[Hit]) -> bool:
    """`Posti` is a company, `posti` is mail; `Helen` may be a person: both count beside a word of contact."""
    word, is_capital = mention.name.words[0], tokens[mention.first].is_capital
    if mention.name.concept == "house":
        return is_capital
    has_contact = _has(hits, frozenset({"contact_done", "support_word", "no_answer"}))
    if word in load_set("person_names") and len(mention.name.words) == 1:
        return has_contact
    if word in load_set("everyday") and mention.name.written[0].isupper():
        return is_capital or has_contact
    return True


def is_meant(mention: Mention, text: str, tokens: Sequence[Token], hits: Sequence[Hit]) -> bool:
    """Whether the name is meant, and not just its word. `hits` are the concepts of the sentence around it."""
    if mention.name.concept == "publication":
        return not _is_identifier(mention, text, tokens) and _is_meant_title(mention, text, tokens, hits)
    return _is_meant_partner(mention, tokens, hits)
