"""The dispatcher: woken by NOTIFY, it claims what is due and runs it at once, several at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from flows import units
from flows.routines import ROUTINES, plan_again, plan_routines
from flows.tracking import Tracker
from hub.database import WORK, Listener, is_away
from hub.delivering import Outside, deliver
from hub.errors import LuotsiError, RetryLater
from hub.outbox import Claim, Settlement, claim_effects, settle
from hub.tables import Case, EffectState, Work, WorkKind
from hub.work import claim_work, finish_work, put_off_work, to_retry_at
from hub.workers import Presence, is_present

log = logging.getLogger(__name__)
AT_ONCE = 12
SWEEP = 2.0  # seconds: the safety net for a nudge that was not heard


class Dispatcher:
    def __init__(self, outside: Outside, tracker: Tracker) -> None:
        self.outside = outside
        self.tracker = tracker
        self._woken = asyncio.Event()
        self._presence = Presence(outside.database.url, self._woken.set)
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. What is under way then is free for the next worker at once."""
        await plan_routines(self.outside)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._presence.run())
            group.create_task(Listener(self.outside.database.url, WORK, lambda _: self._woken.set()).run())
            group.create_task(self.tracker.watch())
            group.create_task(self._loop())

    async def _loop(self) -> None:
        while True:
            self._woken.clear()
            if not await self._start_due():
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(SWEEP):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _start_due(self) -> int:
        """How many were started. A database that is away for a while costs a log line, not the dispatcher."""
        room = AT_ONCE - len(self._running)
        if room <= 0 or self._presence.worker is None:
            return 0
        try:
            jobs = await self._claim(room)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("the database does not answer: %s", error)
            return 0
        for job in jobs:
            task: asyncio.Task[None] = asyncio.create_task(job)
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(jobs)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a unit of work broke", exc_info=task.exception())

    async def _claim(self, room: int) -> list[Coroutine[Any, Any, None]]:
        now, worker = self.outside.clock.now(), self._presence.worker
        async with self.outside.database.transaction() as session:
            if worker is not None and not await is_present(session, worker):
                self._presence.renew()
                return []
            claims = await claim_effects(session, now, max(room // 2, 1), worker=worker)  # neither starves the other
            works = await claim_work(session, now, max(room - len(claims), 1), worker=worker)
        return [*(self._do_work(w) for w in works), *(self._do_effect(c) for c in claims)]

    async def drain(self) -> None:
        """Everything that is due now, and what becomes due by it, done before this returns: for stories and tests."""
        while jobs := await self._claim(AT_ONCE):
            await asyncio.gather(*jobs)

    async def _do_work(self, work: Work) -> None:
        try:
            number = await self._find_number(work.case_id)
            name, unit = self._get_unit(work, number)
            await self.tracker.track(str(work.kind), name, unit, *_labels(work, number))
        except RetryLater as error:
            await self._put_off(work, str(error), error)
        except LuotsiError as error:
            await self._put_off(work, str(error), None)
        except Exception as error:  # a fault of ours: the row stays, is tried again and is seen on the ops page
            log.exception("%s failed", work.key)
            await self._put_off(work, f"{type(error).__name__}: {error}", None)
        else:
            await self.outside.database.write_down(lambda session: self._finish(session, work))

    async def _finish(self, session: AsyncSession, work: Work) -> None:
        now = self.outside.clock.now()
        await finish_work(session, work, now)
        await plan_again(session, work, now)

    async def _put_off(self, work: Work, trouble: str, error: RetryLater | None) -> None:
        due_at = to_retry_at(work.attempts, self.outside.clock.now(), error.after if error else None)
        await self.outside.database.write_down(lambda session: put_off_work(session, work, trouble, due_at))

    async def _find_number(self, case_id: int | None) -> int | None:
        if case_id is None:
            return None
        async with self.outside.database.transaction() as session:
            return (await session.get_one(Case, case_id)).number

    def _get_unit(self, work: Work, number: int | None) -> tuple[str, Callable[[], Awaitable[object]]]:
        """The run's name, as a person reads it, and the plain function behind it."""
        subject, outside = work.payload["subject"], self.outside
        match work.kind:
            case WorkKind.UNDERSTAND:
                return f"understand mail {subject}", lambda: units.understand(outside, int(subject))
            case WorkKind.TRACE:
                return f"trace case {number}", lambda: units.trace(outside, int(subject))
            case WorkKind.PARTNER_EVENT:
                return f"take in event {subject}", lambda: units.take_in_event(outside, int(subject))
            case WorkKind.READ_REQUEST:
                return f"read request {subject}", lambda: units.read_request(outside, int(subject))
            case WorkKind.POLL:
                return f"poll {subject}", lambda: units.poll(outside, str(subject))
            case WorkKind.ROUTINE:
                return str(subject), lambda: ROUTINES[str(subject)](outside)

    async def _do_effect(self, claim: Claim) -> None:
        try:
            await self.tracker.track("outbox", f"{claim.kind} {claim.effect_id}", lambda: deliver(self.outside, claim))
        except Exception as error:  # a fault of ours: the row waits, and what was given away is read back first
            log.exception("effect %s failed", claim.effect_id)
            now = self.outside.clock.now()
            trouble = f"{type(error).__name__}: {error}"
            later = Settlement(state=EffectState.SENDING, detail=trouble, due_at=to_retry_at(claim.attempts, now))
            await self.outside.database.write_down(lambda session: settle(session, claim, later, now=now))


def _labels(work: Work, number: int | None) -> tuple[str, ...]:
    return (f"case:{number}",) if number else ()
