"""Who may do what: one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hub.errors import NotAllowed
from hub.tables import Role


class Right(StrEnum):
    READ = "read cases, problems and people"
    HANDLE_CASES = "reply, put right, hand over and close cases"
    HANDLE_PROBLEMS = "own problems and say their cause"
    READ_OPS = "see the machine at work"
    JUDGE = "judge what the automation decided"
    STOP = "stop the automation"
    LIFT = "let the automation go on"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: frozenset(
        {Right.READ, Right.HANDLE_CASES, Right.HANDLE_PROBLEMS, Right.JUDGE, Right.READ_OPS, Right.STOP}
    ),
    Role.SUPERVISOR: frozenset(Right),
    Role.OPS: frozenset({Right.READ, Right.READ_OPS, Right.JUDGE, Right.STOP, Right.LIFT}),
}


def check_right(role: Role, right: Right) -> None:
    if right not in RIGHTS[role]:
        raise NotAllowed(f"the role {role} may not {right}")
