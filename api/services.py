"""What the app is made over. One place picks the real or the sandbox; nothing below asks which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.clock import Clock
from hub.database import Database
from hub.house import House
from hub.ports import Connector
from hub.settings import Settings


@dataclass(frozen=True)
class Services:
    database: Database
    clock: Clock
    settings: Settings
    connectors: Mapping[str, Connector]
    house: House
