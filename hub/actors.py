"""Who does a thing: a person of the staff, or the automation."""

from __future__ import annotations

from hub.ports import Value
from hub.tables import ActorKind, Role


class Actor(Value):
    """A signed-in member of staff."""

    person_id: int
    name: str
    role: Role

    @property
    def kind(self) -> ActorKind:
        return ActorKind.PERSON
