"""What the chassis does for itself each day: make partitions, purge what is due.

A service wakes itself with `KeepHouse`, asks for a job, and is told by `HouseKept` what
a worker removed. How long each table's rows are kept stands in `chassis.tables`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from chassis import clock, effects, logs, partitions, rounds
from chassis.jobs import Job, Work
from chassis.operations import Operation, only
from chassis.unit import Unit
from proto.base import Command
from proto.housekeeping import HouseKept, KeepHouse, Tidied

#: Rows that are removed in one transaction, so that nobody waits for a long one.
AT_ONCE = 5_000
#: A partition comes and goes under a lock that everybody waits behind who asks or
#: answers: rather than wait for it, the job is tried again.
IN_PASSING = text("SET LOCAL lock_timeout = '200ms'")
#: A purge may take longer than an order, but not as long as a worker's lease.
PATIENTLY = text("SET LOCAL statement_timeout = '20s'")
KEPT_DAYS = {"outbox": 30, "inbox": 45, "answered": 400, "job": 30, "held_back": 400}


class Purged(NamedTuple):
    """Whose rows are removed one by one, and the column that says since when they may."""

    table: str
    over: str


#: Of the answers only those that are in no month: a month is dropped whole.
PURGED = {
    "outbox": Purged("outbox", "published_at"),
    "inbox": Purged("inbox", "at"),
    "answered": Purged("answered_other", "at"),
    "job": Purged("job", "done_at"),
    "held_back": Purged("held_back", "discarded_at"),
}


def wake(engine: Engine, service: str) -> None:
    """Let this service keep house today, unless it has been told so."""
    rounds.say(engine, service, KeepHouse(), str(clock.now().date()))


def keep_house(_: Command, unit: Unit) -> Tidied:
    unit.job(KeepHouse.operation(), rounds.house(unit.source))
    return Tidied()


def house_kept(command: HouseKept, unit: Unit) -> Tidied:
    logs.said("house kept", service=unit.source, count=sum(command.removed.values()))
    return Tidied()


#: Over the wire nobody may; they come from the service's own outbox.
OPERATIONS = {
    KeepHouse.operation(): Operation(KeepHouse, keep_house, only()),
    HouseKept.operation(): Operation(HouseKept, house_kept, only()),
}


def tidy(job: Job, engine: Engine, renew: Callable[[], None]) -> HouseKept:
    """Make the partitions that come, and remove what was kept long enough.

    What fails stops nothing else; it is raised at the end, and the job is tried again.
    """
    removed: dict[str, int] = {}
    failed: DBAPIError | None = None
    for name, work in works(engine, renew).items():
        try:
            count = work()
        except DBAPIError as error:
            effects.refuse_away(error)
            logs.failed(f"{name} of {job.service}", error)
            failed = error
        else:
            removed |= {} if count is None else {name: count}
    if failed:
        raise failed
    return HouseKept(removed=removed)


def works(engine: Engine, renew: Callable[[], None]) -> dict[str, Callable[[], int | None]]:
    """Return what is to be done, in its order: what costs nothing first."""
    found: dict[str, Callable[[], int | None]] = {
        "months": partial(make_partitions, engine),
        "partitions": partial(drop_partitions, engine),
    }
    for name, days in KEPT_DAYS.items():
        before = clock.now() - timedelta(days=days)
        found[name] = partial(purge, engine, PURGED[name], before, renew)
    return found


def purge(
    engine: Engine, purged: Purged, before: datetime, renew: Callable[[], None]
) -> int:
    """Remove rows, some thousand at a time; return how many."""
    query = text(
        f"DELETE FROM {purged.table} WHERE ctid = ANY(ARRAY(SELECT ctid"
        f" FROM {purged.table} WHERE {purged.over} < :before LIMIT :most))"
    )
    removed, last = 0, AT_ONCE
    while last >= AT_ONCE:
        with engine.begin() as connection:
            connection.execute(PATIENTLY)
            values = {"before": before, "most": AT_ONCE}
            last = connection.execute(query, values).rowcount
        removed += last
        renew()
    return removed


def make_partitions(engine: Engine) -> None:
    """Make the partitions of the months that come. Keys are made by real time."""
    for month in partitions.ahead(datetime.now(UTC)):
        with engine.begin() as connection:
            connection.execute(IN_PASSING)
            partitions.make(connection, month)


def drop_partitions(engine: Engine) -> int:
    """Drop the months whose every key is older than answers are kept."""
    oldest = datetime.now(UTC) - timedelta(days=KEPT_DAYS["answered"])
    last = partitions.month_of(oldest).table
    names = text(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'answered'::regclass AND c.relname ~ '^answered_[0-9]'"
        " AND c.relname < :last"
    )
    with engine.connect() as connection:
        found = list(connection.scalars(names, {"last": last}))
    for name in found:
        with engine.begin() as connection:
            connection.execute(IN_PASSING)
            connection.execute(text(f"DROP TABLE {name}"))
    return len(found)


JOBS: dict[str, Work] = {KeepHouse.operation(): tidy}
