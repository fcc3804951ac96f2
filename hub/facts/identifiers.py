"""Keys that are written numbers and addresses: account_email, customer_number, order_number, tracking_number,
metering_point, address, phone. A label before the value tells what it is; some values tell it by their form."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from hub.facts.clauses import Sentence
from hub.facts.model import FoundFact
from hub.facts.reading import Reading
from hub.facts.vocabulary import load_words

# Every repetition is bounded: a mail from anyone is read, and none may take long
EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}"
)
_DIGITS = r"\d[\d-]{0,30}(?: \d{2,12}){0,6}[A-Za-z\d]{0,20}(?:-[A-Za-z\d]{1,12}){0,5}"
_VALUE = rf"(?P<value>[A-Za-z]{{0,6}}[-. ]?{_DIGITS})"
_GOOGLE_ORDER = re.compile(r"\bGPA\.\d{4}-\d{4}-\d{4}-\d{5}(?:\.\.\d+)?")
_TRACKING = re.compile(r"\b(?:JJFI ?\d[\d ]{10,20}\d|JD ?\d{2}[\d ]{10,24}\d|00\d{18}|[A-Z]{2}\d{9}[A-Z]{2})\b")
_METERING = re.compile(r"(?<!\d)(?:6430(?: ?\d){14}|7359(?: ?\d){14})(?!\d)")
_PHONE = re.compile(
    r"(?<![\w+.-])(?:\+\d[\d ()-]{6,16}\d|00\d{2}[\d ()-]{6,14}\d|\(?0\d{1,3}\)?[\d -]{4,12}\d)(?![\w-])"
)
_MOBILE = re.compile(r"0(?:4\d|50)\d{5,8}$")


@functools.cache
def load_labels() -> dict[str, re.Pattern[str]]:
    """For each key its labels in all languages, from words/any.yaml, then what may stand between, then the value."""
    labels = load_words("any")["labels"]
    whose = {"customer_number": r"(?:\s{1,3}[^\W\d]{1,30}(?=\s))?"}  # `asiakasnumeroni lehdellä 20-44781`
    return {
        key: re.compile(rf"\b(?:{'|'.join(forms)})\b{whose.get(key, '')}{_between()}{_VALUE}", re.I)
        for key, forms in labels.items()
    }


@functools.cache
def _between() -> str:
    joins = "|".join(load_words("any")["label_joins"])
    return (
        rf"(?:(?:\s{{1,3}}\w{{1,30}}){{0,2}}\s{{1,3}}(?:on|är|is)\b|[\s:#.(]{{1,4}}(?:{joins})\b){{0,3}}[\s:#.(]{{0,4}}"
    )


def _clean(value: str) -> str:
    return re.sub(r"\s", "", value).upper().rstrip(".-")


def _is_denied_at(reading: Reading, offset: int) -> bool:
    sentence = reading.find_sentence(offset)
    clause = sentence.find_clause_at(offset) if sentence else None
    return bool(clause and clause.supposed)


def _iter_labelled(reading: Reading, key: str) -> Iterator[FoundFact]:
    for match in load_labels()[key].finditer(reading.zones.own):
        value = _clean(match["value"])
        if any(letter.isdigit() for letter in value) and not _is_denied_at(reading, match.start()):
            yield reading.to_fact(key, value, match.span("value"))


def _iter_more(reading: Reading, first: FoundFact) -> Iterator[FoundFact]:
    """`numbers LL-1 and LL-2`: values of the same kind joined to the first."""
    joins = "|".join(load_words("any")["value_joins"])
    pattern = re.compile(rf"\s*(?:,|{joins})\s+{_VALUE}")
    match = pattern.match(reading.zones.own, first.end)
    if match and _is_alike(_clean(match["value"]), str(first.value)):
        more = reading.to_fact(first.key, _clean(match["value"]), match.span("value"))
        yield more
        yield from _iter_more(reading, more)


def _is_alike(one: str, other: str) -> bool:
    shape = re.compile(r"\d+")
    return shape.sub("0", one) == shape.sub("0", other) and abs(len(one) - len(other)) <= 1 and len(one) > 3


def find_customer_number(reading: Reading) -> Iterator[FoundFact]:
    yield from _iter_labelled(reading, "customer_number")


def find_order_numbers(reading: Reading) -> Iterator[FoundFact]:
    for match in _GOOGLE_ORDER.finditer(reading.zones.own):
        yield reading.to_fact("order_number", match.group().upper(), match.span())
    for fact in _iter_labelled(reading, "order_number"):
        if not str(fact.value).startswith("GPA"):
            yield fact
            yield from _iter_more(reading, fact)


def find_tracking_numbers(reading: Reading) -> Iterator[FoundFact]:
    for match in _TRACKING.finditer(reading.zones.own):
        yield reading.to_fact("tracking_number", _clean(match.group()), match.span())
    for fact in _iter_labelled(reading, "tracking_number"):
        if sum(letter.isdigit() for letter in str(fact.value)) >= 8:
            yield fact


def find_metering_point(reading: Reading) -> Iterator[FoundFact]:
    for match in _METERING.finditer(reading.zones.own):
        yield reading.to_fact("metering_point", re.sub(r"\D", "", match.group()), match.span())
    for fact in _iter_labelled(reading, "metering_point"):
        if str(fact.value).isdigit():
            yield fact


def _is_account(reading: Reading, sentence: Sentence, offset: int) -> bool:
    clause = sentence.find_clause_at(offset)
    if clause is None or clause.supposed or clause.has("reply_to") or (clause.denied and not clause.has("account")):
        return False
    return any(near.has("account", "email_word", "login") for near in reading.list_before(offset, 1))


def find_account_email(reading: Reading) -> Iterator[FoundFact]:
    for match in EMAIL.finditer(reading.zones.own):
        sentence = reading.find_sentence(match.start())
        if sentence and _is_account(reading, sentence, match.start()):
            yield reading.to_fact("account_email", match.group().rstrip(".").lower(), match.span())


@functools.cache
def load_street() -> re.Pattern[str]:
    """A street name, by its ending or its own word, and a number, with stair and flat."""
    words = load_words("any")["streets"]
    ends = rf"[^\W\d_][\w'-]{{0,40}}(?:{'|'.join(words['endings'])})"
    whole = "|".join(words["whole"])
    apart = rf"(?:[A-ZÅÄÖ][\w'.-]{{1,30}}\s){{1,2}}(?:{'|'.join(words['endings'])})"
    stair = r"(?:\s?[A-Z](?!\w|\.\w)|[a-z](?!\w))?"
    flat = rf"\d{{1,3}}(?:\s?-\s?\d{{1,3}})?{stair}(?:\s(?:as\.?\s?|lgh\s?|bst\s?)?\d{{1,3}}(?!\w|\.\d))?"
    street = rf"{apart}|(?:[A-ZÅÄÖ][\w'-]{{1,30}}\s)?(?i:{ends}|{whole})"
    return re.compile(rf"(?<![\w'-])(?P<street>{street})\s(?P<flat>{flat})(?!\w)")


@functools.cache
def load_house_first() -> re.Pattern[str]:
    """`12 Baker Street`."""
    words = load_words("any")["streets"]
    return re.compile(rf"\b\d{{1,4}}[A-Z]?\s(?:[A-Z][\w'-]{{1,30}}\s){{1,3}}(?:{'|'.join(words['english'])})\b")


def find_address(reading: Reading) -> Iterator[FoundFact]:
    for pattern in (load_street(), load_house_first()):
        for match in pattern.finditer(reading.zones.own):
            span = _trim_street(reading, match)
            if not _is_denied_at(reading, span[0]):
                yield reading.to_fact("address", " ".join(reading.text[span[0] : span[1]].split()), span)


def _trim_street(reading: Reading, match: re.Match[str]) -> tuple[int, int]:
    """Without a leading word that only introduces the street: `Osoite Rantatie 14`."""
    street = match.groupdict().get("street")
    words = street.split() if street else []
    if (
        len(words) == 2
        and not _is_part_of_street(words[0])
        and words[1].lower() not in load_words("any")["streets"]["endings"]
    ):
        return match.start() + match.group().index(words[1], len(words[0])), match.end()
    return match.span()


def _is_part_of_street(word: str) -> bool:
    """Genitives and adjectives open a two-word street name: `Vanha Turuntie`, `Fredrikin tori`."""
    return word.lower() in load_words("any")["streets"]["openers"]


def to_e164(written: str, country: str) -> str | None:
    """`country` is its calling code, for a national number. None where the length cannot be."""
    digits = re.sub(r"[^\d+]", "", written.replace("(0)", ""))
    number = (
        digits if digits.startswith("+") else "+" + digits[2:] if digits.startswith("00") else f"+{country}{digits[1:]}"
    )
    return number if 8 <= len(number) - 1 <= 15 else None


def _is_phone(reading: Reading, match: re.Match[str], in_signature: bool) -> bool:
    """A mobile number or one with a country code is one anywhere; another needs a label or a signature."""
    digits = re.sub(r"\D", "", match.group())
    before = reading.text[max(0, match.start() - 25) : match.start()]
    labelled = re.search(rf"(?:{'|'.join(load_words('any')['phone_labels'])})[\s.:]*(?:\w+ )?$", before, re.I)
    called = re.search(rf"(?:{'|'.join(load_words('any')['called_numbers'])})\W*(?:\w+\W+)?$", before, re.I)
    if called:
        return False
    return bool(
        in_signature
        or labelled
        or match.group().startswith("+")
        or _MOBILE.match(digits)
        or _is_national(match, reading)
    )


def _is_national(match: re.Match[str], reading: Reading) -> bool:
    return bool(re.match(r"07\d-", match.group())) and reading.language == "sv"


def find_phone(reading: Reading) -> Iterator[FoundFact]:
    country = "46" if reading.has("country_se") else "358"
    for zone, in_signature in ((reading.zones.own, False), (reading.zones.signature, True)):
        for match in _PHONE.finditer(zone):
            number = to_e164(match.group(), country)
            if number and _is_phone(reading, match, in_signature):
                yield reading.to_fact("phone", number, match.span())
