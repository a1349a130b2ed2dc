"""Rotate the master key: a new one, every key wrapped anew, the old one removed.

Services go on meanwhile. Killed at any moment, the next run goes on where it stopped.
Only the wrapping changes: what is sealed, and what blind indexes hold, stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from chassis import masters
from chassis.database import engine
from chassis.keyring_tables import key_table, master_table
from chassis.wrapping import current, unwrap, wrap

LOCK = 7_166_738  # any number but that of the migrations
BATCH = 500


class AtWork(RuntimeError):
    """Another rotation is at work."""


@dataclass(frozen=True)
class Rotated:
    """What one run did: the master key in use, how many keys it wrapped, what is gone."""

    master: str
    rewrapped: int
    removed: tuple[str, ...]
    resumed: bool


def rotate(url: str, batch: int = BATCH) -> Rotated:
    """Rotate, or finish a rotation that was interrupted. Raises AtWork."""
    its, rewrapped = engine(url, "keyring", pool=0), 0
    with alone(its):
        master, resumed = begin(its)
        while True:
            while count := rewrap(its, master, batch):
                rewrapped += count
            removed = retire(its, master)
            if removed is not None:
                return Rotated(master, rewrapped, removed, resumed)


@contextmanager
def alone(its: Engine) -> Iterator[None]:
    """Keep every other rotation out; the lock goes with the connection."""
    with its.connect() as lock:
        if not lock.scalar(select(func.pg_try_advisory_lock(LOCK))):
            raise AtWork("another rotation is at work; wait for it to end")
        lock.commit()  # an open transaction would keep vacuum from its work
        yield


def begin(its: Engine) -> tuple[str, bool]:
    """Make the new master key the one that wraps, or return the one already begun.

    The file is there before the row that names it: whoever reads the row finds it.
    """
    with its.begin() as connection:
        newest = current(connection)
        if connection.scalar(select(func.count()).select_from(master_table)) != 1:
            return newest, True
    new = masters.make()
    with its.begin() as connection:
        connection.execute(insert(master_table).values(id=new))
    return new, False


def rewrap(its: Engine, master: str, batch: int) -> int:
    """Wrap the next keys by this master key in one transaction; return how many."""
    keys = key_table.c
    query = select(keys.key_id, keys.wrapped, keys.master).where(elsewhere(master))
    with its.begin() as connection:
        locked = query.order_by(keys.key_id).limit(batch).with_for_update()
        rows = [
            {"id": key_id, "new": wrap(master, key_id, unwrap(old, key_id, bytes(wrapped)))}
            for key_id, wrapped, old in connection.execute(locked)
        ]
        if rows:
            change = update(key_table).where(keys.key_id == bindparam("id"))
            change = change.values(wrapped=bindparam("new"), master=master)
            connection.execute(change, rows)
    return len(rows)


def retire(its: Engine, master: str) -> tuple[str, ...] | None:
    """Remove every other master key; None when a key was wrapped by one meanwhile.

    The foreign key waits for whoever holds the old row, then proves that no key names
    it. The file goes before the commit: what is interrupted here is found by its row.
    """
    try:
        with its.begin() as connection:
            wait_longer(connection)
            others = delete(master_table).where(master_table.c.id != master)
            old = tuple(connection.scalars(others.returning(master_table.c.id)))
            if connection.scalar(select(func.count()).where(elsewhere(master))):
                raise Left
            for each in old:
                masters.remove(each)
            return old
    except (IntegrityError, Left):
        return None


class Left(Exception):
    """Keys are left that this master key does not wrap."""


def elsewhere(master: str) -> ColumnElement[bool]:
    """What was not shredded and another master key wraps, or the unnamed first one."""
    others = key_table.c.master.is_distinct_from(master)
    return and_(key_table.c.wrapped.is_not(None), others)


def wait_longer(connection: Connection) -> None:
    """Wait for the longest transaction of a service, not only as long as an ask."""
    connection.execute(text("SET LOCAL lock_timeout = '60s'"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
