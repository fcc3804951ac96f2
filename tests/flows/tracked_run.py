"""Runs work under a Prefect server and prints what the server shows of it, as JSON. In a process of its own, because
Prefect's test server leaves open sockets behind, which here are errors."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness

from flows.tracking import Tracker


async def get_seven() -> int:
    return 7


async def fail() -> None:
    raise ValueError("ours")


async def track(tracker: Tracker, name: str, work: Callable[[], Awaitable[object]]) -> str:
    try:
        return repr(await tracker.track("trace", name, work, "case:1001"))
    except ValueError as error:
        return repr(error)


async def main() -> dict[str, object]:
    tracker = Tracker()
    await tracker.look()
    results = [await track(tracker, "well", get_seven), await track(tracker, "badly", fail)]
    async with get_client() as client:
        runs = await client.read_flow_runs()
    shown = {run.name: [run.state_name, sorted(run.tags)] for run in runs}
    return {"results": results, "runs": shown, "is_up": tracker.is_up}


if __name__ == "__main__":
    with prefect_test_harness(server_startup_timeout=120):
        print(json.dumps(asyncio.run(main())))
