"""What an endpoint asks for by its type: the services, one transaction, the time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services


def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def open_transaction(services: Annotated[Services, Depends(get_services)]) -> AsyncIterator[AsyncSession]:
    async with services.database.transaction() as session:
        yield session


def get_now(services: Annotated[Services, Depends(get_services)]) -> datetime:
    return services.clock.now()


Uses = Annotated[Services, Depends(get_services)]
# "function": committed before the answer is sent, so that a client never reads less than it was told was done.
Transaction = Annotated[AsyncSession, Depends(open_transaction, scope="function")]
Now = Annotated[datetime, Depends(get_now)]
