"""Events that could not take effect: held back with their subject, tried again, parked.

The database is the truth of retries. The first event of a subject is tried with growing
delay; those behind it wait, whatever they are; other subjects flow. After the last try
it is parked for a person (`doorstep held-back`). An event that can never be read is
parked at once, and the bytes of a message that nobody can decode are kept sealed.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from math import isfinite
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import (
    ARRAY,
    Connection,
    Engine,
    Integer,
    Row,
    Text,
    bindparam,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, logs, tables
from chassis.keyring import Keyring
from chassis.prepared import ask, written
from proto import ids
from proto.base import Envelope

table = tables.held_back

#: Seconds until the second try, at most, and tries before a person is needed: the last
#: is some two and a half minutes after the first.
AGAIN_FIRST_S, AGAIN_MOST_S, TRIES = 0.1, 30.0, 12
#: Subjects that are tried again in one go.
AT_ONCE = 50
UNREADABLE = "unreadable"
#: Characters that PostgreSQL takes in no text and no JSON: NUL, and half a surrogate pair.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")

SUBJECTS = written(
    select(table.c.subject)
    .where(tables.OPEN, table.c.subject == bindparam("names", type_=ARRAY(Text)).any_())
    .distinct()
)
BEFORE = table.alias()
BEHIND = exists().where(
    BEFORE.c.subject == table.c.subject,
    BEFORE.c.position < table.c.position,
    BEFORE.c.discarded_at.is_(None),
)
DUE = table.c.next_at.is_(None) | (table.c.next_at <= bindparam("now"))
HEADS = written(
    select(table.c.event_id)
    .where(tables.OPEN, tables.NOT_PARKED, DUE, ~BEHIND)
    .order_by(table.c.next_at.nulls_first(), table.c.position)
    .limit(bindparam("most", type_=Integer))
)


def wait(attempts: int) -> timedelta:
    """Return how long to wait after that many tries."""
    return timedelta(seconds=min(AGAIN_FIRST_S * 2 ** (attempts - 1), AGAIN_MOST_S))


def subjects(connection: Connection, wanted: Iterable[str]) -> set[str]:
    """Return those of the subjects that have an event held back."""
    names = list(wanted)
    found = ask(connection, SUBJECTS, {"names": names}) if names else ()
    return {row.subject for row in found}


def hold_back(
    connection: Connection, lane: str, heard: Sequence[Envelope], error: Exception | None
) -> None:
    """Hold events back: one that failed with an error, or those behind it without."""
    now = clock.now()
    rows = [
        {
            "event_id": each.id,
            "lane": lane,
            "topic": each.type,
            "subject": each.subject,
            "envelope": each.model_dump(mode="json"),
            "held_at": now,
        }
        | fate(now, 1 if error else 0, error)
        for each in heard
    ]
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


def fate(now: datetime, attempts: int, error: Exception | None) -> dict[str, Any]:
    """Return what becomes of an event after its last try, or before its first."""
    hopeless = isinstance(error, ValidationError) or attempts >= TRIES
    return {
        "attempts": attempts,
        "error": type(error).__name__ if error else None,
        "next_at": now + wait(attempts) if error and not hopeless else None,
        "parked_at": now if hopeless else None,
    }


def storable(body: Any) -> bool:
    """Tell whether PostgreSQL can keep whatever JSON says, as text and as `jsonb`."""
    left = [body]
    while left:
        match left.pop():
            case str(text) if UNSTORABLE.search(text):
                return False
            case float(number) if not isfinite(number):
                return False
            case dict(fields):
                left += [*fields, *fields.values()]
            case list(several):
                left += several
    return True


def put_aside(engine: Engine, service: str, lane: str, raw: bytes, topic: str) -> None:
    """Keep the bytes of a message that nobody can read, sealed, for a person.

    The same bytes on the same lane are kept once, however often they come.
    """
    event_id = ids.named(UNREADABLE, f"{service}/{lane}/{sha256(raw).hexdigest()}")
    with engine.begin() as connection:
        sealed = Keyring(connection).seal(
            ids.named("unreadable", service), UNREADABLE, raw.hex()
        )
        row = {
            "event_id": event_id,
            "lane": lane,
            "topic": UNSTORABLE.sub("?", topic)[:200],
            "subject": f"{UNREADABLE}/{event_id}",
            "raw": sealed.model_dump(mode="json"),
            "error": UNREADABLE,
            "attempts": 1,
            "held_at": clock.now(),
            "parked_at": clock.now(),
        }
        connection.execute(insert(table).values(row).on_conflict_do_nothing())


def heads(connection: Connection, now: datetime) -> list[UUID]:
    """Return the first event of each subject that is due, and end the transaction.

    Those that nobody has tried come first, then those that have waited longest.
    """
    found = ask(connection, HEADS, {"now": now, "most": AT_ONCE}, last=True)
    return [row.event_id for row in found]


def locked(connection: Connection, event_id: UUID) -> Row[Any] | None:
    """Return an event that waits, locked; nothing when somebody else is at it."""
    query = select(table).where(table.c.event_id == event_id, tables.OPEN)
    return connection.execute(query.with_for_update(skip_locked=True)).first()


def let_go(connection: Connection, event_id: UUID) -> None:
    """Forget an event that has taken effect."""
    connection.execute(delete(table).where(table.c.event_id == event_id))


def failed_again(engine: Engine, event_id: UUID, error: Exception) -> None:
    """Note another failure, and when to try again, or that a person is needed."""
    now = clock.now()
    with engine.begin() as connection:
        found = locked(connection, event_id)
        if found is None:
            return
        after = fate(now, found.attempts + 1, error)
        connection.execute(update(table).where(table.c.event_id == event_id).values(after))
        if after["parked_at"]:
            logs.log.error("event %s is parked: %s", event_id, after["error"])
