import asyncio
from datetime import datetime

import sqlalchemy as sa

from hub.customers import find_customer, list_addresses, record_customer
from hub.database import Database
from hub.tables import Customer, CustomerAddress


async def record(database: Database, address: str, now: datetime, name: str = "Matti") -> Customer:
    async with database.transaction() as session:
        return await record_customer(session, address, name, "fi", now)


async def test_a_customer_is_known_by_any_spelling_of_the_address(database: Database, now: datetime) -> None:
    first = await record(database, " Matti@Example.com ", now)
    again = await record(database, "matti@example.com", now)
    assert again.id == first.id
    async with database.transaction() as session:
        assert await list_addresses(session, first.id) == ["matti@example.com"]


async def test_a_name_is_learnt_later_and_not_changed_by_a_mail(database: Database, now: datetime) -> None:
    await record(database, "matti@example.com", now, "")
    assert (await record(database, "matti@example.com", now, "Matti Lukija")).name == "Matti Lukija"
    assert (await record(database, "matti@example.com", now, "Postmaster")).name == "Matti Lukija"


async def test_a_customer_is_found_by_each_of_the_addresses(database: Database, now: datetime) -> None:
    customer = await record(database, "matti@example.com", now)
    async with database.transaction() as session:
        session.add(CustomerAddress(customer_id=customer.id, address="matti@work.example"))
        await session.flush()
        found = await find_customer(session, "MATTI@work.example")
        assert await find_customer(session, "nobody@example.com") is None
    assert found is not None
    assert found.id == customer.id


async def test_two_workers_at_once_get_the_same_customer(committed: Database, now: datetime) -> None:
    both = await asyncio.gather(*(record(committed, "matti@example.com", now) for _ in range(2)))
    assert both[0].id == both[1].id
    async with committed.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 1
