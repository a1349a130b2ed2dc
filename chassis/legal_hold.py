"""An authority or a court has ordered that a case is kept: nothing of it is erased.

Whoever erases keeps new holds out until the commit, then looks whether one stands;
whoever puts one waits for all who are erasing, then looks whether the case is still there.
So either the hold is seen, or it is refused because it comes too late.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from chassis import clock
from chassis.errors import Conflict
from chassis.keyring_tables import key_table, legal_hold_table
from proto.base import Sealed

#: Any number but those of migrations and rotation.
LOCK = 7_166_739
HOLD = legal_hold_table.c


class Held(Conflict):
    """The case is under a legal hold; the values say since when, by whom, and why."""


def stands(key_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """What is true of a case, by its id, as long as a hold stands on it."""
    return select(HOLD.id).where(HOLD.key_id == key_id, HOLD.lifted_at.is_(None)).exists()


def erasing(connection: Connection) -> None:
    """Keep new holds out until this transaction ends; others may erase meanwhile.

    What is looked up after this stands until the commit.
    """
    connection.execute(select(func.pg_advisory_xact_lock_shared(LOCK)))


def refuse_held(connection: Connection, key_id: UUID) -> None:
    """Keep new holds out, and raise Held when one stands."""
    erasing(connection)
    if found := standing(connection, key_id):
        hold = found[0]
        since = hold.put_at.isoformat(timespec="seconds")
        values = {"key": str(key_id), "reason": hold.reason, "by": hold.put_by}
        raise Held("legal-hold", **values, since=since)


def put(
    connection: Connection,
    hold_id: UUID,
    key_id: UUID,
    reason: str,
    reference: Sealed,
    by: str,
) -> datetime:
    """Put a hold on a case, once nobody erases any more; return since when it stands.

    Raises Conflict when the case was shredded.
    """
    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    its = select(key_table.c.wrapped).where(key_table.c.key_id == key_id)
    if connection.scalar(its) is None:
        raise Conflict("key-shredded", key=str(key_id))
    now = clock.now()
    row: dict[str, Any] = {"id": hold_id, "key_id": key_id, "reason": reason}
    row |= {"reference": reference.model_dump(mode="json"), "put_at": now, "put_by": by}
    connection.execute(insert(legal_hold_table).values(row))
    return now


def lift(connection: Connection, hold_id: UUID, why: str, by: str) -> None:
    """Note that a hold is over, who said so and why. The row stays for ever."""
    change = update(legal_hold_table).where(HOLD.id == hold_id, HOLD.lifted_at.is_(None))
    connection.execute(change.values(lifted_at=clock.now(), lifted_by=by, lifted_why=why))


def standing(connection: Connection, key_id: UUID) -> list[Row[Any]]:
    """The holds that stand on a case, the oldest first."""
    return [each for each in of(connection, key_id) if each.lifted_at is None]


def of(connection: Connection, key_id: UUID) -> list[Row[Any]]:
    """Every hold that there was on a case, the oldest first."""
    mine = select(legal_hold_table).where(HOLD.key_id == key_id)
    return list(connection.execute(mine.order_by(HOLD.put_at, HOLD.id)))


def named(connection: Connection, hold_id: UUID) -> Row[Any] | None:
    """One hold, on whichever case it is."""
    return connection.execute(select(legal_hold_table).where(HOLD.id == hold_id)).first()
