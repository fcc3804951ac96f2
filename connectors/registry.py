"""Finds the partners by their folders: one with a `connector.py` and a `settings.py` is a partner."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError
from pydantic_settings import BaseSettings

import connectors
from hub.clock import Clock
from hub.errors import InvalidInput
from hub.ports import BaseConnector, Capability, Connector

C = TypeVar("C")


@dataclass(frozen=True)
class Partner:
    """What a partner's folder holds: `make(settings, clock, transport=None)` is its `make_connector`."""

    name: str
    connector: type[BaseConnector]
    settings: type[BaseSettings]
    make: Callable[..., Connector]
    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.yaml"

    @property
    def title(self) -> str:
        return str(getattr(self.connector, "title", self.name.replace("_", " ")))

    @property
    def supports(self) -> frozenset[Capability]:
        return self.connector.supports


@dataclass(frozen=True)
class Configuration:
    """A partner's settings as the environment has them, or what stands in their way, by variable."""

    settings: BaseSettings | None = None
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    begun: bool = True

    @property
    def faults(self) -> str:
        return "; ".join([*(f"{name} is missing" for name in self.missing), *self.wrong])


def list_partners(package: ModuleType = connectors) -> list[Partner]:
    """By name. A folder that is not ready yet is no partner."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg)
    return [_load(package, name) for name in names if _is_partner(f"{package.__name__}.{name}")]


def _is_partner(module: str) -> bool:
    return all(find_spec(f"{module}.{part}") is not None for part in ("connector", "settings"))


def _load(package: ModuleType, name: str) -> Partner:
    connector = importlib.import_module(f"{package.__name__}.{name}.connector")
    settings = importlib.import_module(f"{package.__name__}.{name}.settings")
    own = _get_own(connector, BaseConnector), _get_own(settings, BaseSettings)
    return Partner(name, *own, connector.make_connector, Path(str(connector.__file__)).parent)


def _get_own(module: ModuleType, kind: type[C]) -> type[C]:
    """The one class of this kind that the module itself defines."""
    classes = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, kind)]
    own = [found for found in classes if found.__module__ == module.__name__]
    if len(own) != 1:
        raise InvalidInput(f"{module.__name__} has {len(own)} classes of {kind.__name__}, and needs one")
    return own[0]


def read_configuration(partner: Partner) -> Configuration:
    """From the environment and `.env`. Values are left out of what is said: they may be secrets."""
    try:
        return Configuration(partner.settings())
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
    missing = tuple(_to_variable(partner, e["loc"]) for e in faults if e["type"] == "missing")
    wrong = tuple(f"{_to_variable(partner, e['loc'])} is wrong: {e['msg']}" for e in faults if e["type"] != "missing")
    required = [field for field in partner.settings.model_fields.values() if field.is_required()]
    return Configuration(missing=missing, wrong=wrong, begun=bool(wrong) or len(missing) < len(required))


def _to_variable(partner: Partner, place: tuple[Any, ...]) -> str:
    prefix = str(partner.settings.model_config.get("env_prefix", ""))
    return (prefix + str(place[0] if place else "")).upper()


def make_connectors(
    clock: Clock,
    settings: Mapping[str, BaseSettings] | None = None,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    package: ModuleType = connectors,
) -> dict[str, Connector]:
    """A connector for each configured partner, by name. `settings` by partner take the environment's place.

    InvalidInput where a partner is configured by half: it would be missed without a word.
    """
    partners = list_partners(package)
    chosen = _configured(partners) if settings is None else settings
    through = transports or {}
    return {p.name: p.make(chosen[p.name], clock, through.get(p.name)) for p in partners if p.name in chosen}


def _configured(partners: list[Partner]) -> dict[str, BaseSettings]:
    found = {partner.name: read_configuration(partner) for partner in partners}
    halves = [f"{name}: {c.faults}" for name, c in found.items() if c.begun and c.settings is None]
    if halves:
        raise InvalidInput("configured by half: " + " / ".join(halves))
    return {name: c.settings for name, c in found.items() if c.settings is not None}
