"""Playbooks: one YAML file describes a chain. Read, checked, and every fault told with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError

from hub.errors import InvalidInput, NotFound
from hub.ports import Value

Language = Literal["fi", "sv", "en"]
LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
PLACES = frozenset({"title", "issue", "item", "since", "app", "account"})  # what a text may name in {braces}


class Texts(Value):
    """The same words in every language of the hub."""

    fi: str
    sv: str
    en: str

    def say(self, language: str, **places: str) -> str:
        """In `language`, else English; a place that is not known is left out."""
        words: str = getattr(self, language, self.en)
        return " ".join(words.format_map(_Places(places)).split())


class _Places(dict[str, str]):
    def __missing__(self, place: str) -> str:
        return ""


class Reason(Value):
    """Why a link can be broken. `remedies` in the order to try; `request` is what the fixer's desk is asked to do."""

    sentence: Texts
    remedies: tuple[str, ...] = ()
    request: Texts | None = None


class Link(Value):
    """`partner` is asked how it is; `fixer` is the partner whose desk answers for it. `due` is how long after the
    link before it this one must hold. `skip_when` maps a fact to the values with which the link does not apply."""

    id: str
    title: Texts
    partner: str
    fixer: str
    due: timedelta = timedelta()
    skip_when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    reasons: dict[str, Reason]


class RemedyRule(Value):
    """`by` says who may do it: the automation at once, or the owner from the case. At most `count` in `days`."""

    partner: str
    title: Texts
    by: Literal["automation", "owner"]
    parameters: dict[str, str | int] = Field(default_factory=dict)
    count: int = 1
    days: int = 30


class PromiseRule(Value):
    """`within` counts from when it is made."""

    within: timedelta
    text: Texts


class Sayings(Value):
    """What is said of the whole chain when no link is broken for sure; `likely` is added to what is not certain."""

    likely: Texts
    unknown: Texts
    waiting: Texts
    whole: Texts
    no_item: Texts


class Playbook(Value):
    """`item` are the facts that name what is to arrive; `watch` is how long arrival is looked for after a remedy."""

    playbook: str
    title: Texts
    item: tuple[str, ...]
    symptoms: tuple[str, ...]
    links: tuple[Link, ...]
    remedies: dict[str, RemedyRule]
    promises: dict[str, PromiseRule]
    says: Sayings
    watch: timedelta = timedelta(days=7)

    def get_link(self, link: str) -> Link:
        return next(x for x in self.links if x.id == link)

    @property
    def partners(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(x.partner for x in self.links))


Where = tuple[str | int, ...]  # the keys and indexes that lead to a place in the file
Fault = tuple[Where, str]
Check = Callable[[Playbook], Iterable[Fault]]


def parse_playbook(text: str, name: str, *checks: Check) -> Playbook:
    """InvalidInput names every fault as `name:line: what is wrong`, those that `checks` find among them."""
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidInput(f"{name}:{line}: {error.problem}") from error
    try:
        playbook = Playbook.model_validate(_plain(tree))
    except ValidationError as error:
        raise InvalidInput("\n".join(_tell(name, tree, e) for e in error.errors())) from error
    found = [fault for check in (_cross_faults, _list_text_faults, *checks) for fault in check(playbook)]
    told = sorted((_line(tree, where), what) for where, what in found)
    if told:
        raise InvalidInput("\n".join(f"{name}:{line}: {what}" for line, what in told))
    return playbook


def load_playbooks(folder: Path) -> dict[str, Playbook]:
    found = [parse_playbook(f.read_text("utf-8"), f.name) for f in sorted(folder.glob("*.yaml"))]
    if not found:
        raise NotFound(f"no playbook in {folder}")
    return {p.playbook: p for p in found}


def _plain(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {str(k): _plain(v) for k, v in tree.items()}
    return [_plain(v) for v in tree] if isinstance(tree, list) else tree


def _tell(name: str, tree: Any, error: Any) -> str:
    where = tuple(error["loc"])
    dotted = ".".join(str(step) for step in where)
    return f"{name}:{_line(tree, where)}: {dotted}: {error['msg']}"


def _line(tree: Any, where: Where) -> int:
    """The line of the deepest part of `where` that stands in the file."""
    line = 1
    for step in where:
        try:
            line = (tree.lc.key(step) if isinstance(tree, CommentedMap) else tree.lc.item(step))[0] + 1
            tree = tree[step]
        except (KeyError, IndexError, TypeError, AttributeError):
            return line
    return line


def _cross_faults(playbook: Playbook) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, link in enumerate(playbook.links):
        if link.id in seen:
            yield ("links", index, "id"), f"the link {link.id} is there twice"
        seen.add(link.id)
        for reason, rule in link.reasons.items():
            at = ("links", index, "reasons", reason)
            for remedy in rule.remedies:
                if remedy not in playbook.remedies:
                    yield (*at, "remedies"), f"no remedy is called {remedy}"
    if not playbook.links:
        yield ("links",), "a chain has at least one link"


def _list_text_faults(playbook: Playbook) -> Iterator[Fault]:
    for where, texts in _iter_texts((), playbook):
        yield from _text_faults(where, texts)


def _iter_texts(where: Where, part: Any) -> Iterator[tuple[Where, Texts]]:
    """Every text of the playbook, wherever it stands."""
    if isinstance(part, Texts):
        yield where, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _iter_texts((*where, name), getattr(part, name))
    elif isinstance(part, dict | tuple):
        for step, inner in part.items() if isinstance(part, dict) else enumerate(part):
            yield from _iter_texts((*where, step), inner)


def _text_faults(where: Where, texts: Texts) -> Iterator[Fault]:
    for language in LANGUAGES:
        words: str = getattr(texts, language)
        if not words.strip():
            yield (*where, language), f"there is no text in {language}"
        try:
            places = [place for _, place, _, _ in Formatter().parse(words) if place is not None]
        except ValueError as error:
            yield (*where, language), f"the braces of this text do not match: {error}"
            continue
        for place in places:
            if place not in PLACES:
                yield (*where, language), f"a text cannot name {{{place}}}; it can name {', '.join(sorted(PLACES))}"
