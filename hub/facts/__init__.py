"""Understanding messages: the facts they tell and the questions they ask. Pure; nothing leaves the machine."""

from hub.facts.asks import read_asks
from hub.facts.catalogue import App, Catalogue, Partner, parse_catalogue
from hub.facts.extract import read_facts
from hub.facts.language import detect_language
from hub.facts.model import MANY, FoundFact, to_jsonable
from hub.facts.wishes import find_person_wish

__all__ = [
    "MANY",
    "App",
    "Catalogue",
    "FoundFact",
    "Partner",
    "detect_language",
    "find_person_wish",
    "parse_catalogue",
    "read_asks",
    "read_facts",
    "to_jsonable",
]
