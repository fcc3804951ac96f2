"""The automation, watched by people: what it decided, and the way to stop it."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from sqlmodel import col

from api.auth.caller import Judge, Lifter, OpsReader, Stopper
from api.depends import Now, Transaction
from api.rest.answers import PROBLEMS
from api.rest.once import Once, OnceRoute
from hub import automation
from hub.automation import Rule
from hub.ports import Value
from hub.tables import Decision, Verdict
from hub.views.case import list_decisions
from hub.views.case_values import DecisionView
from hub.views.ops import OpsView, StopView, get_ops_view, list_stop_views

router = APIRouter(tags=["automation"], responses=PROBLEMS, route_class=OnceRoute, dependencies=[Once])


class NewStop(Value):
    """`rule` null stops everything that acts by itself."""

    rule: Rule | None = None
    why: str = Field(min_length=1, max_length=1_000)


class Lift(Value):
    rule: Rule | None = None


class AutomationView(Value):
    """`stopped` is of all of it; a single rule may stand in `stops`."""

    stopped: bool
    stops: tuple[StopView, ...]
    rules: tuple[str, ...]


class NewJudgement(Value):
    verdict: Verdict
    note: str = Field(default="", max_length=2_000)


@router.get("/automation")
async def show(session: Transaction, caller: OpsReader) -> AutomationView:
    stops = await list_stop_views(session)
    return AutomationView(stopped=any(s.rule is None for s in stops), stops=stops, rules=tuple(Rule))


@router.post("/automation/stop", status_code=201)
async def stop(session: Transaction, caller: Stopper, now: Now, new: NewStop) -> AutomationView:
    """Holds from the next act on, with every worker and with Prefect down too."""
    await automation.stop(session, caller.actor, new.rule, new.why, now=now)
    return await show(session, caller)


@router.post("/automation/lift")
async def lift(session: Transaction, caller: Lifter, now: Now, wanted: Lift) -> AutomationView:
    await automation.lift(session, wanted.rule, now=now)
    return await show(session, caller)


@router.post("/decisions/{decision_id}/verdict")
async def judge(decision_id: int, session: Transaction, caller: Judge, now: Now, new: NewJudgement) -> DecisionView:
    await automation.judge_decision(session, decision_id, caller.actor, new.verdict, new.note, now=now)
    await session.flush()
    return (await list_decisions(session, col(Decision.id) == decision_id))[0]


@router.get("/ops")
async def watch(session: Transaction, caller: OpsReader, now: Now) -> OpsView:
    return await get_ops_view(session, now)
