"""`luotsi read`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def read(
    jsonl: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Read each file of this folder, and print a line for each."),
    ] = None,
) -> None:
    """Show as JSON what the hub sees in the raw mail on standard input."""
    import sys

    from cli.json_lines import print_json, print_line
    from hub.mail.report import read_mail

    if jsonl is None:
        print_json(read_mail(sys.stdin.buffer.read()))
        return
    for path in sorted(found for found in jsonl.rglob("*") if found.is_file()):
        print_line({"file": path.relative_to(jsonl).as_posix(), **read_mail(path.read_bytes())})
