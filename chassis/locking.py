"""Lock the things of a group together, in one order; nobody waits for a neighbour's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, Select, select

from chassis.errors import NotFound
from chassis.shared import Shared

AThing = TypeVar("AThing")


@dataclass(frozen=True)
class Things(Generic[AThing]):
    """A kind of thing that orders lock by its id.

    `name` is what a person is told of it, `query` its rows, `of` makes a thing of a row.
    """

    name: str
    kind: type[AThing]
    query: Select[Any]
    of: Callable[[Row[Any]], AThing]

    def one(self, shared: Shared, key: UUID) -> AThing:
        """Return one, locked until the transaction ends.

        Raises NotFound, HeldElsewhere.
        """
        if shared.thing(self.kind, key) is None:
            self.lock(shared, [key])
        if found := shared.thing(self.kind, key):
            return found
        raise NotFound(self.name, key)

    def all(self, connection: Connection, keys: Iterable[UUID]) -> dict[UUID, AThing]:
        """Return these, as far as they exist, locked in one order."""
        return self.locked(Shared(connection), keys)

    def lock(self, shared: Shared, keys: Iterable[UUID]) -> None:
        """Lock these for the orders of a transaction."""
        for key, thing in self.locked(shared, keys).items():
            shared.put(key, thing)

    def locked(self, shared: Shared, keys: Iterable[UUID]) -> dict[UUID, AThing]:
        """Lock these. What somebody else holds is skipped when the transaction does not
        wait, and noted: its orders are asked for again alone.
        """
        wanted, key = set(keys), self.query.selected_columns["id"]
        ordered = self.query.where(key.in_(wanted)).order_by(key)
        query = ordered.with_for_update(skip_locked=not shared.blocking)
        found = {row.id: self.of(row) for row in shared.connection.execute(query)}
        missing = wanted - found.keys()
        if missing and not shared.blocking:
            there = select(key).where(key.in_(missing))
            shared.elsewhere.update(shared.connection.scalars(there))
        return found
