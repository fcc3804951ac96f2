"""`luotsi playbooks`: whether each says what it must, and what the partners can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from connectors.quality import HERE, Manifest, list_manifests, read_manifest
from hub.errors import InvalidInput
from hub.playbooks import Fault, Link, Playbook, parse_playbook
from hub.settings import load_settings

Partners = Mapping[str, Manifest]
app = typer.Typer(no_args_is_help=True, add_completion=False, help="Playbooks: one file a chain.")


@app.callback()
def playbooks() -> None:
    """Playbooks: one file a chain."""


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="All of the playbooks' folder without it.")] = None,
) -> None:
    """Print every fault with its file and line. Exit code 1 if there is one."""
    partners = load_partners()
    paths = files or sorted(load_settings().playbooks_dir.glob("*.yaml"))
    faults = [fault for path in paths for fault in list_faults(path, partners)]
    if not paths:
        faults = [f"{load_settings().playbooks_dir}: there is no playbook here"]
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(1)
    typer.echo(f"no faults in {', '.join(str(path) for path in paths)}")


def load_partners(root: Path = HERE) -> dict[str, Manifest]:
    """What each connector's folder says that it observes and does."""
    return {manifest.partner: manifest for manifest in map(read_manifest, list_manifests(root))}


def list_faults(path: Path, partners: Partners) -> list[str]:
    try:
        parse_playbook(path.read_text("utf-8"), str(path), partial(list_partner_faults, partners))
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path}:1: {error}"]
    except InvalidInput as error:
        return str(error).splitlines()
    return []


def list_partner_faults(partners: Partners, playbook: Playbook) -> Iterator[Fault]:
    for index, link in enumerate(playbook.links):
        for role in ("partner", "fixer"):
            if getattr(link, role) not in partners:
                yield ("links", index, role), _tell_unknown(getattr(link, role), partners)
        if link.partner in partners:
            yield from _list_link_faults(index, link, partners[link.partner])
    for kind, rule in playbook.remedies.items():
        if rule.partner not in partners:
            yield ("remedies", kind, "partner"), _tell_unknown(rule.partner, partners)
        elif kind not in partners[rule.partner].remedies:
            yield (
                ("remedies", kind),
                f"{rule.partner} has no remedy {kind}; it has {_list(partners[rule.partner].remedies)}",
            )


def _list_link_faults(index: int, link: Link, partner: Manifest) -> Iterator[Fault]:
    """The reasons are looked at where the partner says which it may give."""
    if link.id not in partner.links:
        yield ("links", index, "id"), f"{link.partner} does not observe {link.id}, but {_list(partner.links)}"
    known = partner.reasons.get(link.id)
    for reason in link.reasons:
        if known is not None and reason not in known:
            told = f"{link.partner} never gives the reason {reason} for {link.id}; it gives {_list(known)}"
            yield ("links", index, "reasons", reason), told


def _tell_unknown(name: str, partners: Partners) -> str:
    return f"no connector is called {name}; there are {_list(partners)}"


def _list(names: Mapping[str, object] | tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or "none"
