"""Ops: the machine at work, what is stuck and what to do, and the way to stop it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.auth.caller import Judge, Lifter, OpsReader, Stopper
from api.auth.rights import Right, check_right
from api.auth.visit import to_local
from api.pages.machine import list_troubles
from api.pages.staff import AtDesk, go_back
from hub import automation, outbox
from hub.automation import Rule
from hub.owners import set_presence
from hub.views.ops import get_ops_view

router = APIRouter(include_in_schema=False)
Code = Annotated[str, Form(max_length=80)]
Words = Annotated[str, Form(max_length=400)]


@router.get("/ops")
async def show_ops(desk: AtDesk, _: OpsReader) -> Response:
    ops = await get_ops_view(desk.session, desk.now)
    whole = next((s for s in ops.stops if s.rule is None), None)
    return await desk.show(
        "ops.html",
        ops=ops,
        troubles=list_troubles(ops),
        whole_stop=whole,
        rules={rule.value: next((s for s in ops.stops if s.rule == rule), None) for rule in Rule},
        unjudged=[d for d in ops.decisions if d.verdict is None][:12],
        prefect=(desk.services.settings.prefect_api_url or "").removesuffix("/api"),
    )


@router.post("/ops/stop")
async def stop(desk: AtDesk, _: Stopper, rule: Code = "", why: Words = "") -> Response:
    await automation.stop(desk.session, desk.actor, rule or None, why.strip() or "stopped by hand", now=desk.now)
    return go_back("/ops", "Stopped. It takes hold at once.")


@router.post("/ops/lift")
async def lift(desk: AtDesk, _: Lifter, rule: Code = "") -> Response:
    await automation.lift(desk.session, rule or None, now=desk.now)
    return go_back("/ops", "It goes on.")


@router.post("/ops/effects/{effect_id}")
async def decide(desk: AtDesk, effect_id: int, happened: Code) -> Response:
    check_right(desk.actor.role, Right.STOP)
    await outbox.decide_unknown(desk.session, effect_id, desk.actor, happened == "no", now=desk.now)
    return go_back("/ops", "It is sent once more." if happened == "no" else "Taken as done.")


@router.post("/decisions/{decision_id}")
async def judge(desk: AtDesk, _: Judge, decision_id: int, verdict: Code, back: Words = "/ops") -> Response:
    await automation.judge_decision(desk.session, decision_id, desk.actor, verdict, now=desk.now)
    return go_back(to_local(back), f"Judged: {verdict}.")


@router.post("/presence")
async def switch_presence(desk: AtDesk, present: Code) -> Response:
    act = set_presence(desk.session, desk.actor.person_id, present == "yes", now=desk.now)
    fault = await desk.attempt(act)
    away = "You are away. Your open cases have gone to colleagues who are present."
    said = f"Not changed: {fault}." if fault else "Welcome back." if present == "yes" else away
    return go_back("/", said)
