"""A service of purses: whatever can happen to an order in a group happens here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Uuid, select

from chassis import groups
from chassis.errors import Conflict, NotFound
from chassis.operations import Operation, Operations
from chassis.shared import Shared
from chassis.unit import Unit
from proto import ids
from proto.base import Answer, Asker, Command, Order, Reply, Role
from tests.chassis.acting import SERVICE, standing

PURSE = Table(
    "purse",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("coins", Integer, nullable=False),
)
SPENT = Table(
    "spent", PURSE.metadata, Column("id", Uuid, primary_key=True), Column("coins", Integer)
)
MINE = Asker(account_id=ids.new(), role=Role.FIELD_COLLECTOR)
THEIRS = Asker(account_id=ids.new(), role=Role.SUPERVISOR)


class Purse:
    """Some coins."""

    def __init__(self, key: UUID, coins: int) -> None:
        self.id, self.coins = key, coins


class Spend(Command):
    """Take coins out. `how` says what else happens: nothing, or an error in the handler."""

    purse_id: UUID
    coins: int
    how: str = "well"

    def locks(self) -> tuple[UUID, ...]:
        return (self.purse_id,)


class Left(Reply):
    """What is left; `until` makes it a permit."""

    coins: int
    until: datetime | None = None

    def permit_until(self) -> datetime | None:
        return self.until


def gather(shared: Shared, commands: Sequence[Spend]) -> None:
    lock(shared, sorted({command.purse_id for command in commands}))


def lock(shared: Shared, wanted: list[UUID]) -> None:
    query = select(PURSE).where(PURSE.c.id.in_(wanted)).order_by(PURSE.c.id)
    rows = shared.connection.execute(
        query.with_for_update(skip_locked=not shared.blocking)
    ).all()
    for row in rows:
        shared.put(row.id, Purse(row.id, row.coins))
    if not shared.blocking and (missing := set(wanted) - {row.id for row in rows}):
        there = select(PURSE.c.id).where(PURSE.c.id.in_(missing))
        shared.elsewhere.update(shared.connection.scalars(there))


def purse(shared: Shared, key: UUID) -> Purse:
    if (found := shared.thing(Purse, key)) is None:
        lock(shared, [key])
        found = shared.thing(Purse, key)
    if found is None:
        raise NotFound("purse", key)
    return found


def may(command: Spend, unit: Unit) -> None:
    if unit.asker != MINE:
        raise NotFound("purse", command.purse_id)


def spend(command: Spend, unit: Unit) -> Left:
    """Changes the purse before it refuses, so that a neighbour would notice."""
    found = purse(unit.shared, command.purse_id)
    found.coins -= command.coins
    unit.write(SPENT, id=ids.new(), coins=command.coins)
    if command.how == "tells":  # that it was asked is kept, whatever comes of it
        unit.write_anyway(SPENT, id=ids.new(), coins=100 + command.coins)
    if command.how == "stumbles":
        raise RuntimeError("the roof fell in")
    if command.how == "twice":  # a row that is there already: the database objects
        unit.write(SPENT, id=UUID(int=1), coins=0)
    if found.coins < 0:
        raise Conflict("case-not-worked", key="purse", state="empty")
    unit.change(PURSE, found.id, coins=found.coins)
    unit.emit(standing(found.id), found.id)
    return Left(coins=found.coins)


OPERATIONS: Operations = {"spend": Operation(Spend, spend, may, gather)}


@contextmanager
def purses(its: Engine, coins: dict[UUID, int]) -> Iterator[None]:
    """Have these purses in the tables of the service, and nothing of it afterwards."""
    PURSE.metadata.create_all(its)
    try:
        with its.begin() as connection:
            connection.execute(SPENT.insert().values(id=UUID(int=1), coins=0))
            for key, count in coins.items():
                connection.execute(PURSE.insert().values(id=key, coins=count))
        yield
    finally:
        PURSE.metadata.drop_all(its)


def order(purse_id: UUID, coins: int, how: str = "well", **but: Any) -> dict[str, Any]:
    command = {"purse_id": str(purse_id), "coins": coins, "how": how}
    found = Order(operation="spend", command=command, asker=MINE, trace="t")
    return found.model_dump(mode="json") | but


def carry_out(
    its: Engine, *orders: dict[str, Any], waits: bool | None = None
) -> list[Answer]:
    """Send orders in one message; one that is alone waits, unless told otherwise."""
    if waits is None:
        waits = len(orders) == 1
    return groups.carry_out(its, SERVICE, OPERATIONS, orders, waits=waits)


def coins(its: Engine) -> dict[UUID, int]:
    with its.connect() as connection:
        return {row.id: row.coins for row in connection.execute(select(PURSE))}


def spent(its: Engine) -> list[int]:
    """What was taken out, each time."""
    with its.connect() as connection:
        return sorted(connection.scalars(select(SPENT.c.coins)))[1:]
