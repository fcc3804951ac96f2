"""Server-rendered pages: Jinja2 with autoescape, from api/templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from starlette.responses import Response

from hub.texts import say, to_moment

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"


def _make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(say=say, to_moment=to_moment)
    return environment


TEMPLATES = Jinja2Templates(env=_make_environment())


def render(request: Request, template: str, *, status: int = 200, **words: Any) -> Response:
    return TEMPLATES.TemplateResponse(request, template, {"status": status, **words}, status_code=status)
