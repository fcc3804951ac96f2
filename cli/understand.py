"""`luotsi understand`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hub.facts import Catalogue

app = typer.Typer(add_completion=False)


@app.command()
def understand(
    catalogue: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Publications, apps and partners, as JSON or YAML."),
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="A message on each line, as JSON; see docs/facts.md.")] = False,
    questions: Annotated[bool, typer.Option("--questions", help="What a text asks for, not what it tells.")] = False,
) -> None:
    """Show as JSON the facts in the raw mail on standard input, each with the words it came from."""
    import sys

    from cli.catalogue import load_file, load_known
    from cli.json_lines import parse_lines, print_json, print_line
    from hub.settings import load_settings

    known = load_file(catalogue) if catalogue else load_known(load_settings().data_dir)
    if not jsonl:
        print_json(_of_mail(sys.stdin.buffer.read(), known, questions))
        return
    for number, row in parse_lines(sys.stdin.buffer):
        print_line(_of_row(number, row, known, questions))


def _of_mail(raw: bytes, catalogue: Catalogue, questions: bool) -> dict[str, Any]:
    """As the intake: facts are read from what a person wrote, against the mail's own date."""
    from hub.clock import SystemClock
    from hub.facts import read_asks
    from hub.facts.report import understand
    from hub.mail.kind import MailKind, read_kind
    from hub.mail.parse import parse_mail

    mail = parse_mail(raw)
    kind = read_kind(mail).kind
    if questions:
        return {"kind": kind.value, "asks": read_asks(mail.reply, catalogue)}
    if kind is not MailKind.PERSON:
        return {"kind": kind.value, "facts": {}, "spans": []}
    date = (mail.date or SystemClock().now()).isoformat()
    return {"kind": kind.value, **understand({"subject": mail.subject, "body": mail.text, "date": date}, catalogue)}


def _of_row(number: int, row: dict[str, Any], catalogue: Catalogue, questions: bool) -> dict[str, Any]:
    from hub.errors import InvalidInput
    from hub.facts import read_asks
    from hub.facts.report import understand

    try:
        if questions:
            return {"id": row.get("id"), "asks": read_asks(row["text"], catalogue)}
        return understand(row, catalogue)
    except KeyError as error:
        raise InvalidInput(f"line {number}: {error} is missing") from error
    except ValueError as error:
        raise InvalidInput(f"line {number}: {error}") from error
