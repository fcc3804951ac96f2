"""The pages' routes, for the app."""

from __future__ import annotations

from api.pages import case_acts, cases, ops, problems

ROUTERS = (cases.router, case_acts.router, problems.router, ops.router)
