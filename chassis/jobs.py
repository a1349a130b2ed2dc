"""Jobs: work too long for a transaction, done by a worker under a lease.

A job is a row of the service that wants it, written with the change that causes it. A
worker claims it for a while; one that dies loses its claim by time, and the next one
starts the work again. Work may therefore run twice and its result is told once: the
answer, a command to the service under the job's id, commits with the end of the job, and
only the newest claim may end it. An answer that is `late` is told by others as well, so
that the service knows what they left behind.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, TextClause, select, text, update

from chassis import clock, logs, tables
from chassis.unit import Unit, due, settle
from proto import ids
from proto.base import Command

table = tables.job

#: How long a claim holds unless it is renewed; tries until a person is needed.
LEASE, TRIES = timedelta(seconds=30), 5
#: How long a job rests that is taken up again.
RESTS = timedelta(hours=1)
LEASE_ENDED = "LeaseEnded"


@dataclass(frozen=True)
class Job:
    """A claimed job. `task` is what the service asked for."""

    id: UUID
    service: str
    kind: str
    task: dict[str, Any]
    subject: str
    by: str
    trace: str
    claim: int


#: What a worker does about a kind of job. It returns the command that answers it, if any;
#: `renew` is called in between by whoever takes longer than a lease.
Work = Callable[[Job, Engine, Callable[[], None]], Command | None]


class ClaimLost(Exception):
    """Somebody else has claimed the job meanwhile; what we did is not told."""


def waiting(engine: Engine, services: Sequence[str]) -> list[str]:
    """Return which of these services have a job that could be claimed, in one statement.

    A worker looks often, and mostly for nothing.
    """
    with engine.connect() as connection:
        found = connection.execute(look(tuple(services)), {"now": clock.now()})
        return list(found.scalars())


@cache
def look(services: Sequence[str]) -> TextClause:
    each = (
        f"(SELECT '{name}' FROM {name}.job WHERE done_at IS NULL AND failed_at IS NULL"
        " AND run_at <= :now AND coalesce(leased_until < :now, true) LIMIT 1)"
        for name in services
    )
    return text(" UNION ALL ".join(each))


def claim(engine: Engine, service: str, but: Collection[str] = ()) -> Job | None:
    """Claim the job that has waited longest, but of these kinds, if there is one."""
    now = clock.now()
    query = (
        update(table)
        .where(table.c.id == longest_waiting(now, but).scalar_subquery())
        .values(leased_until=now + LEASE, claim=table.c.claim + 1)
        .returning(table)
    )
    with engine.begin() as connection:
        let_rest(connection, now)
        found = connection.execute(query).first()
    if found is None:
        return None
    return Job(
        found.id,
        service,
        found.kind,
        found.task,
        found.subject,
        found.by,
        found.trace,
        found.claim,
    )


def longest_waiting(now: datetime, but: Collection[str]) -> Select[tuple[UUID]]:
    free = table.c.leased_until.is_(None) | (table.c.leased_until < now)
    return (
        select(table.c.id)
        .where(table.c.done_at.is_(None), table.c.failed_at.is_(None))
        .where(table.c.run_at <= now, free, table.c.kind.not_in(but))
        .order_by(table.c.run_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def let_rest(connection: Connection, now: datetime) -> None:
    """Try no more what took its worker with it as often as a job may fail."""
    open_ones = table.c.done_at.is_(None) & table.c.failed_at.is_(None)
    ended = (table.c.claim >= TRIES) & (table.c.leased_until < now)
    values = {"failed_at": now, "leased_until": None, "error": LEASE_ENDED}
    query = update(table).where(open_ones, ended).values(values)
    if connection.execute(query).rowcount:
        logs.log.error("a job rests: the last of its workers did not end it")


def take_up(connection: Connection, kinds: Sequence[str], now: datetime) -> int:
    """Have what rests of these kinds tried once more an hour later, and an hour after
    that; return how many there are. Only for work that may be done twice.

    A claim goes on from where it was: what was made under an earlier one is another's.
    """
    resting = table.c.failed_at <= now - RESTS, table.c.done_at.is_(None)
    query = update(table).where(table.c.kind.in_(kinds), *resting)
    return connection.execute(query.values(failed_at=None, run_at=now)).rowcount


def renew(engine: Engine, job: Job) -> None:
    """Hold on to a job for another lease. Raises ClaimLost."""
    with engine.begin() as connection:
        change(connection, job, leased_until=clock.now() + LEASE)


def end(engine: Engine, job: Job, answer: Command | None) -> None:
    """End a job and tell its service, in one transaction. Raises ClaimLost."""
    with engine.begin() as connection:
        change(connection, job, done_at=clock.now(), leased_until=None, error=None)
        if answer is not None:
            unit = Unit(connection, job.service, job.by, job.trace)
            unit.outgoing.append(told(job, answer))
            settle(connection, [unit])


def tell_late(engine: Engine, job: Job, answer: Command) -> None:
    """Tell a service what somebody found who has lost the claim, under an id of its own."""
    with engine.begin() as connection:
        unit = Unit(connection, job.service, job.by, job.trace)
        late = ids.named("late", f"{job.id}/{job.claim}")
        unit.outgoing.append(told(job, answer, late))
        settle(connection, [unit])


def told(job: Job, answer: Command, event_id: UUID | None = None) -> dict[str, Any]:
    """Return the command that answers a job: an event to its service, under the job's id
    unless it has another.
    """
    now = clock.now()
    return due(
        job.service,
        answer,
        job.subject,
        now,
        said_at=now,
        by=job.by,
        trace=job.trace,
        event_id=event_id or job.id,
    )


def fail(engine: Engine, job: Job, error: Exception) -> None:
    """Note that a try failed: the kind of error alone. After the last one it rests."""
    now, last = clock.now(), job.claim >= TRIES
    with engine.begin() as connection:
        change(
            connection,
            job,
            error=type(error).__name__,
            leased_until=None if last else now + timedelta(seconds=2**job.claim),
            failed_at=now if last else None,
        )


def change(connection: Connection, job: Job, **values: Any) -> None:
    mine = update(table).where(table.c.id == job.id, table.c.claim == job.claim)
    still = mine.where(table.c.done_at.is_(None)).values(values)
    if connection.execute(still).rowcount == 0:
        raise ClaimLost(job.kind)
