"""Prefect shows what runs. It is never in the way: with its server down the work is done all the same, unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar, cast

from prefect import Flow, tags
from prefect.client.orchestration import get_client

log = logging.getLogger(__name__)
T = TypeVar("T")
CHECK_EVERY = 10.0  # seconds between looks at whether Prefect's server answers


class Tracker:
    """`track` runs the work as a Prefect flow run while the server answers, else plainly."""

    def __init__(self) -> None:
        self.is_up = False

    async def watch(self) -> None:
        """Until cancelled. A call to a server that is down costs seconds: so it is found out here, beside the work."""
        while True:
            await self.look()
            await asyncio.sleep(CHECK_EVERY)

    async def look(self) -> None:
        async with get_client() as client:
            trouble = await client.api_healthcheck()
        if self.is_up is (trouble is not None):
            log.info("prefect is %s", "up" if trouble is None else "down, work goes on unseen")
        self.is_up = trouble is None

    async def track(self, flow: str, name: str, work: Callable[[], Awaitable[T]], *labels: str) -> T:
        """`flow` is the kind of work, `name` the run's, `labels` its tags (`case:1001`)."""
        if not self.is_up:
            return await work()
        run: _Once[T] = _Once(work)
        shown: Flow[[], Any] = Flow(fn=run.flow, name=flow, flow_run_name=name, retries=0, log_prints=False)
        try:
            with tags(*labels):
                await cast(Awaitable[None], shown())
        except Exception as error:  # noqa: BLE001 - Prefect's own trouble, of whatever kind: the work counts
            if run.error is not None:
                raise run.error from None
            log.warning("prefect did not track %s: %s", name, error)
            self.is_up = False
        return await run.get()


class _Once(Generic[T]):
    """The work, done once whether Prefect gets to call it or not."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._result: list[T] = []
        self.error: Exception | None = None

    async def flow(self) -> None:
        try:
            self._result = [await self._work()]
        except Exception as error:
            self.error = error
            raise

    async def get(self) -> T:
        if not self._result:
            await self.flow()
        return self._result[0]


class Untracked(Tracker):
    """Where no Prefect is wanted: stories, tests, `--no-prefect`."""

    async def watch(self) -> None:
        return
