"""`luotsi connectors`: which partners there are, and whether they can be used."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Annotated

import typer

import connectors
from connectors.quality import check_quality
from connectors.registry import Partner, list_partners, make_connectors, read_configuration
from hub.clock import SystemClock
from hub.errors import LuotsiError, PartnerError
from hub.ports import Connector, Health


def make_app(package: ModuleType = connectors) -> typer.Typer:
    """`package` is where the partners' folders are."""
    app = typer.Typer(no_args_is_help=True, help="Partners and how they are doing.")

    @app.command("list")
    def list_() -> None:
        """Every partner, what it can be asked for, how well its connector is made, and which settings it lacks."""
        partners = list_partners(package)
        typer.echo("\n\n".join(describe(partner) for partner in partners) or "There are no partners.")

    @app.command()
    def check(
        name: Annotated[str | None, typer.Argument(help="One partner; all configured ones without it.")] = None,
    ) -> None:
        """Ask partners whether we can use them. Exit code 1 if one cannot be used."""
        try:
            wanted = pick(make_connectors(SystemClock(), package=package), name, list_partners(package))
        except LuotsiError as error:
            raise _stop(str(error)) from error
        healths = asyncio.run(check_all(wanted))
        for partner, health in healths.items():
            typer.echo(
                f"{partner}: {'works' if health.ok else 'CANNOT BE USED'}{': ' * bool(health.detail)}{health.detail}"
            )
        if not all(health.ok for health in healths.values()):
            raise typer.Exit(1)

    return app


app = make_app()


def describe(partner: Partner) -> str:
    configuration = read_configuration(partner)
    state = "configured" if configuration.settings else f"not configured: {configuration.faults}"
    supports = ", ".join(sorted(partner.supports)) or "nothing"
    told = {"supports": supports, "quality": tell_quality(partner), "settings": state}
    return "\n".join([f"{partner.name} ({partner.title})", *(f"  {name:<8}  {text}" for name, text in told.items())])


def tell_quality(partner: Partner) -> str:
    """The level that the manifest's claims reach, and what is missing for the highest."""
    if not partner.manifest.exists():
        return "none: no manifest"
    quality = check_quality(partner.manifest)
    missing = f" (to do: {', '.join(quality.missing)})" if quality.missing else ""
    return f"{quality.level}{missing}{''.join(f'; WRONG: {fault}' for fault in quality.wrong)}"


def pick(made: dict[str, Connector], name: str | None, partners: list[Partner]) -> dict[str, Connector]:
    """All that were made, or the one that is named."""
    if name is None and not made:
        raise LuotsiError("No partner is configured. `luotsi connectors list` shows what is missing.")
    if name is None:
        return made
    known = {partner.name: partner for partner in partners}
    if name not in known:
        raise LuotsiError(f"There is no partner {name}. There are: {', '.join(known)}.")
    if name not in made:
        raise LuotsiError(f"{name} is not configured: {read_configuration(known[name]).faults}")
    return {name: made[name]}


async def check_all(made: dict[str, Connector]) -> dict[str, Health]:
    healths = await asyncio.gather(*(_check(connector) for connector in made.values()))
    return dict(zip(made, healths, strict=True))


async def _check(connector: Connector) -> Health:
    try:
        return await connector.check()
    except PartnerError as error:
        return Health(ok=False, detail=error.detail)
    finally:
        await connector.close()


def _stop(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)
