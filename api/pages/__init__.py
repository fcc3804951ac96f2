"""Server-rendered pages: Jinja2 with autoescape, from api/templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"


def _make_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


TEMPLATES = Jinja2Templates(env=_make_environment())


def render(request: Request, template: str, *, status: int = 200, **words: Any) -> Response:
    return TEMPLATES.TemplateResponse(request, template, {"status": status, **words}, status_code=status)
