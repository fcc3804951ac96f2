"""Idempotency-Key: the same call made again within a day is answered as before, and has no second effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.responses import Response

from api.auth.caller import AnyCaller
from api.depends import Now, Transaction, get_services
from hub.errors import Conflict, InvalidInput, LuotsiError
from hub.tables import AnsweredCall

KEPT = timedelta(days=1)
LONGEST = 200


class AnsweredBefore(LuotsiError):
    def __init__(self, call: AnsweredCall) -> None:
        self.call = call
        super().__init__("answered before")


class OnceRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            try:
                answer = await handle(request)
            except AnsweredBefore as before:
                headers = {"Idempotent-Replayed": "true"}
                return Response(before.call.answer, before.call.status or 200, headers, "application/json")
            await _keep_answer(request, answer)
            return answer

        return handle_once


async def begin_once(request: Request, session: Transaction, caller: AnyCaller, now: Now) -> None:
    """The key is taken in the transaction of the act itself: both are there, or neither."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return
    if not 0 < len(key) <= LONGEST:
        raise InvalidInput(f"an Idempotency-Key has 1 to {LONGEST} characters")
    await session.execute(sa.delete(AnsweredCall).where(col(AnsweredCall.at) < now - KEPT))
    said = f"{request.url.path}\n".encode() + await request.body()
    given = {"person_id": caller.actor.person_id, "key": key, "digest": hashlib.sha256(said).hexdigest()}
    row = insert(AnsweredCall).values(**given, at=now, answer=b"").on_conflict_do_nothing()
    request.state.call_id = await session.scalar(row.returning(col(AnsweredCall.id)))
    if request.state.call_id is None:
        await _answer_again(session, given)


Once = Depends(begin_once)


async def _answer_again(session: AsyncSession, given: dict[str, Any]) -> None:
    same = sa.select(AnsweredCall).filter_by(person_id=given["person_id"], key=given["key"])
    call = await session.scalar(same)
    if call is None or call.status is None:
        raise Conflict("this call is being done, or was done and its answer was lost: look before you repeat it")
    if call.digest != given["digest"]:
        raise InvalidInput("this Idempotency-Key belongs to another call")
    raise AnsweredBefore(call)


async def _keep_answer(request: Request, answer: Response) -> None:
    call_id = getattr(request.state, "call_id", None)
    if call_id is None:
        return
    kept = {"status": answer.status_code, "answer": bytes(answer.body)}
    async with get_services(request).database.transaction() as session:
        await session.execute(sa.update(AnsweredCall).where(col(AnsweredCall.id) == call_id).values(**kept))
