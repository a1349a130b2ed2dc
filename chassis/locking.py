"""Lock the things of a group together, in one order; nobody waits for a neighbour's."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from chassis.shared import Shared


def locked(shared: Shared, query: Select[Any], keys: Iterable[UUID]) -> Sequence[Row[Any]]:
    """Return the rows of a table that has these ids, locked until the transaction ends.

    Those that somebody else holds are skipped when the transaction does not wait, and
    noted: their orders are asked for again alone.
    """
    wanted, key = set(keys), query.selected_columns["id"]
    ordered = query.where(key.in_(wanted)).order_by(key)
    rows = shared.connection.execute(
        ordered.with_for_update(skip_locked=not shared.blocking)
    ).all()
    missing = wanted - {row.id for row in rows}
    if missing and not shared.blocking:
        there = select(key).where(key.in_(missing))
        shared.elsewhere.update(shared.connection.scalars(there))
    return rows
