from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from hub.database import Database, is_away
from hub.tables import WorkKind
from hub.work import claim_work, plan_work

HANG_UP = "select pg_terminate_backend(pg_backend_pid())"


async def test_what_is_to_be_written_down_outlives_a_lost_connection(committed: Database, now: datetime) -> None:
    endings = iter([HANG_UP, HANG_UP, "select 1"])

    async def write(session: AsyncSession) -> None:
        await plan_work(session, WorkKind.UNDERSTAND, 1, now, now=now)
        await session.execute(sa.text(next(endings)))

    await committed.write_down(write)
    async with committed.transaction() as session:
        assert len(await claim_work(session, now)) == 1


async def test_a_fault_of_ours_is_not_tried_again(committed: Database) -> None:
    with pytest.raises(DBAPIError) as fault:
        await committed.write_down(lambda session: session.execute(sa.text("select 1 from nowhere")))
    assert not is_away(fault.value)


async def test_a_database_that_nobody_listens_for_is_away() -> None:
    nobody = Database("postgresql+asyncpg://luotsi@127.0.0.1:1/luotsi")
    with pytest.raises(OSError) as gone:
        async with nobody.transaction() as session:
            await session.execute(sa.text("select 1"))
    assert is_away(gone.value)
