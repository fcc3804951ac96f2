from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from hub.errors import NotFound
from hub.tables import Failure, Problem
from hub.views.problems import get_problem_view, list_problems, list_weeks


async def problem(stage: Any, reason: str, **changes: Any) -> Problem:
    cause = {"partner": "delivery", "link": "delivered", "opened_at": stage.now, "owner_id": stage.owner.id}
    found: Problem = await stage.add(Problem(reason=reason, **cause, **changes))
    return found


async def test_the_one_with_most_cases_stands_first(session: AsyncSession, stage: Any) -> None:
    await problem(stage, "closed", closed_at=stage.now, proof="three deliveries")
    await problem(stage, "none")
    two = await problem(stage, "two")
    await stage.case(problem_id=two.id)
    await stage.case(problem_id=two.id)
    rows = await list_problems(session)
    assert [(r.reason, r.case_count, r.customer_count) for r in rows] == [
        ("two", 2, 1),
        ("none", 0, 0),
        ("closed", 0, 0),
    ]


async def test_open_and_closed_can_be_told_apart(session: AsyncSession, stage: Any) -> None:
    await problem(stage, "closed", closed_at=stage.now, proof="three deliveries")
    await problem(stage, "open")
    assert [r.reason for r in await list_problems(session, is_open=True)] == ["open"]
    assert [r.reason for r in await list_problems(session, is_open=False)] == ["closed"]


async def test_a_problem_shows_its_cases(session: AsyncSession, stage: Any) -> None:
    row = await problem(stage, "no_licence", opened_why="2 cases in 30 days")
    case = await stage.case(problem_id=row.id)
    shown = await get_problem_view(session, row.number)
    assert [c.number for c in shown.cases] == [case.number]
    assert (shown.opened_why, shown.owner.name, shown.case_count) == ("2 cases in 30 days", "Aino", 1)


async def test_an_unknown_problem_is_not_found(session: AsyncSession) -> None:
    with pytest.raises(NotFound):
        await get_problem_view(session, 1)


async def test_every_week_since_the_first_failure_is_counted(session: AsyncSession, stage: Any) -> None:
    row = await problem(stage, "no_licence")
    case = await stage.case()
    told = {"case_id": case.id, "customer_id": case.customer_id, "partner": "delivery", "link": "delivered"}
    await stage.add(Failure(reason="no_licence", at=stage.now - timedelta(weeks=2), **told))
    await stage.add(Failure(reason="other", at=stage.now, **told))
    shown = await get_problem_view(session, row.number)
    assert [week.count for week in await list_weeks(session, shown, stage.now)] == [1, 0, 0]
    assert [week.count for week in await list_weeks(session, shown, stage.now, most=2)] == [0, 0]
