"""Customers: found by any address they have used, made at their first word."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from hub.tables import Customer, CustomerAddress


async def find_customer(session: AsyncSession, address: str) -> Customer | None:
    return await session.scalar(
        sa.select(Customer)
        .join(CustomerAddress, col(CustomerAddress.customer_id) == col(Customer.id))
        .where(col(CustomerAddress.address) == address.strip().lower())
    )


async def record_customer(session: AsyncSession, address: str, name: str, language: str, now: datetime) -> Customer:
    """The customer of this address, made if new. Two workers at once get the same one, one after the other: the row is
    locked, so that two mails of one person do not both find no case and open one each."""
    address = address.strip().lower()
    found = await find_customer(session, address)
    if found is not None:
        await session.refresh(found, with_for_update={"key_share": True})
        found.name = found.name or name
        return found
    customer = Customer(name=name, language=language, created_at=now)
    session.add(customer)
    await session.flush()
    taken = await session.scalar(
        insert(CustomerAddress)
        .values(customer_id=customer.id, address=address)
        .on_conflict_do_nothing()
        .returning(col(CustomerAddress.id))
    )
    if taken is None:  # another worker was faster
        await session.delete(customer)
        return await record_customer(session, address, name, language, now)
    return customer


async def list_addresses(session: AsyncSession, customer_id: int) -> list[str]:
    mine = sa.select(col(CustomerAddress.address)).where(col(CustomerAddress.customer_id) == customer_id)
    return list(await session.scalars(mine.order_by(col(CustomerAddress.id))))
