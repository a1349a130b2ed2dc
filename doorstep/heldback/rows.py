"""Held-back events as a person finds and handles them, each under the lock of its row.

The service that tries an event again takes the same lock: whoever comes second, a
service or another person, finds what the first one left.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from chassis import clock, sqlstates, tables
from doorstep.errors import Busy, Misuse

held = tables.held_back

#: How many open events of the same subject came before it.
BEHIND = func.row_number().over(partition_by=held.c.subject, order_by=held.c.position) - 1
LISTED = (
    held.c.event_id,
    held.c.lane,
    held.c.topic,
    held.c.subject,
    held.c.error,
    held.c.attempts,
    held.c.held_at,
    held.c.parked_at,
)


def waiting(connection: Connection) -> list[Row[Any]]:
    """Return what a service holds back, without what the events say."""
    query = select(*LISTED, BEHIND.label("behind")).where(tables.OPEN)
    return list(connection.execute(query.order_by(held.c.position)))


def holds(connection: Connection, event_id: UUID) -> bool:
    """Tell whether a service holds an event back, or a person has discarded it there."""
    query = select(held.c.event_id).where(held.c.event_id == event_id)
    return connection.scalar(query) is not None


def one(connection: Connection, event_id: UUID) -> Row[Any]:
    """Return an event as it is now. Raises Misuse when it took effect meanwhile."""
    query = select(held).where(held.c.event_id == event_id)
    if (found := connection.execute(query).first()) is None:
        raise gone(event_id)
    return found


def gone(event_id: UUID) -> Misuse:
    return Misuse(
        f"event {event_id} is held back no more: it took effect meanwhile; see "
        "`doorstep held-back list`"
    )


def locked(connection: Connection, event_id: UUID) -> Row[Any]:
    """Return an event that waits, locked. Raises Misuse when it waits no more."""
    query = select(held).where(held.c.event_id == event_id).with_for_update()
    try:
        found = connection.execute(query).first()
    except DBAPIError as error:
        if not sqlstates.held_elsewhere(error):
            raise
        raise Busy(f"event {event_id} is being tried or handled; try again soon") from None
    if found is None:
        raise gone(event_id)
    if found.discarded_at is not None:
        when = found.discarded_at.isoformat(timespec="seconds")
        raise Misuse(f"event {event_id} was discarded at {when}; there is nothing to do")
    return found


def replay(connection: Connection, event_id: UUID) -> None:
    """Let an event be tried again now, as if it had never failed. Raises Misuse."""
    found = locked(connection, event_id)
    if found.envelope is None:
        raise Misuse(
            f"nobody can read event {event_id}, however often it is tried; look at it "
            "with `doorstep held-back show`, then discard it"
        )
    of_subject = (held.c.subject == found.subject) & tables.OPEN
    query = select(held.c.event_id).where(of_subject).order_by(held.c.position)
    if (first := connection.scalar(query.limit(1))) != event_id:
        raise Misuse(
            f"event {event_id} waits behind {first} of the same subject; replay or "
            "discard that one"
        )
    again(connection, [event_id])


def replay_all(connection: Connection) -> int:
    """Let every first event of its subject be tried now; return how many.

    One that is being tried at this moment needs nobody.
    """
    first = select(held.c.event_id, BEHIND.label("behind")).where(tables.OPEN).subquery()
    heads = select(first.c.event_id).where(first.c.behind == 0)
    query = select(held.c.event_id).where(
        held.c.event_id.in_(heads), tables.OPEN, held.c.envelope.is_not(None)
    )
    found = connection.scalars(query.with_for_update(skip_locked=True)).all()
    again(connection, found)
    return len(found)


def again(connection: Connection, event_ids: Sequence[UUID]) -> None:
    query = update(held).where(held.c.event_id.in_(event_ids))
    connection.execute(query.values(attempts=0, next_at=clock.now(), parked_at=None))


def discard(connection: Connection, event_id: UUID, because: str) -> None:
    """Let an event never take effect: its next delivery finds it in the inbox."""
    locked(connection, event_id)
    now = clock.now()
    seen = insert(tables.inbox).values(event_id=event_id, at=now)
    connection.execute(seen.on_conflict_do_nothing())
    query = update(held).where(held.c.event_id == event_id)
    values = {"discarded_at": now, "discarded_because": because, "next_at": None}
    connection.execute(query.values(values))
