"""Server-rendered pages: Jinja2 with autoescape, from api/templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

HERE = Path(__file__).parent
TEMPLATES = Jinja2Templates(directory=HERE / "templates")
STATIC = HERE / "static"


def render(request: Request, template: str, *, status: int = 200, **words: Any) -> Response:
    return TEMPLATES.TemplateResponse(request, template, {"status": status, **words}, status_code=status)
