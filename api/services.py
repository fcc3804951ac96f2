"""What the app is made over. One place picks the real or the sandbox; nothing below asks which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.clock import Clock
from hub.database import Database
from hub.playbooks import Playbook
from hub.ports import Connector
from hub.settings import Settings


@dataclass(frozen=True)
class Services:
    """`titles` maps the catalogue's ids to names; whoever reads the catalogue may fill it later."""

    database: Database
    clock: Clock
    settings: Settings
    connectors: Mapping[str, Connector]
    playbooks: Mapping[str, Playbook]
    titles: Mapping[str, str] = field(default_factory=dict)
