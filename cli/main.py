"""The command `luotsi`. Each command has a module of its own, imported only when it is the one that was asked for.

To add one: write `cli/<name>.py` with `app = typer.Typer(add_completion=False)` and a row here; what takes long to
import goes inside the functions.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from hub.errors import LuotsiError

COMMANDS = {
    "up": ("cli.up", "Run everything on this machine, with an embedded PostgreSQL."),
    "hub": ("cli.hub", "Run the api, the mail intake and the dispatcher in one process."),
    "api": ("cli.api", "Run the api and the pages."),
    "intake": ("cli.intake", "Run the mail intake."),
    "worker": ("cli.worker", "Run the dispatcher."),
    "flows": ("cli.flows", "Serve the scheduled Prefect flows."),
    "sandbox": ("cli.sandbox", "Run sandbox partners and a mail catcher."),
    "migrate": ("cli.migrate", "Bring the database to its newest shape."),
    "doctor": ("cli.doctor", "Check the set-up and say what to do."),
    "connectors": ("cli.connectors", "List, check or begin connectors."),
    "playbooks": ("cli.playbooks", "Check playbooks."),
    "import": ("cli.imports", "Bring in an earlier history."),
    "read": ("cli.read", "Show what the hub sees in a raw mail."),
    "understand": ("cli.understand", "Show the facts in a raw mail."),
    "story": ("cli.story", "Play a scenario through the real doors."),
    "user": ("cli.user", "Add staff."),
    "token": ("cli.token", "Add API tokens."),
}


class Lazy(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, (module, _) in COMMANDS.items() if find_spec(module)]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Only a name and a line of help: enough for `--help`, with nothing imported."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, known, rest = super().resolve_command(ctx, args)
        return name, known and _load(str(known.name)), rest


def _load(name: str) -> Any:
    return typer.main.get_command(import_module(COMMANDS[name][0]).app)


app = typer.Typer(name="luotsi", cls=Lazy, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def luotsi() -> None:
    """One owner pilots each case through the whole chain."""


def run() -> None:
    """An error of ours, or of the machine, is told in its own words; any other is a defect and shows where it is."""
    try:
        app(prog_name="luotsi")
    except (LuotsiError, OSError) as error:
        print(f"luotsi: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    run()
