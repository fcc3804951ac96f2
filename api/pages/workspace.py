"""The staff's workspace: every page of it under one router."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import case_acts, cases, ops, problems

router = APIRouter(include_in_schema=False)
for part in (cases, case_acts, problems, ops):
    router.include_router(part.router)
