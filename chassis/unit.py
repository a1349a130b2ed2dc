"""One message: what a handler may touch."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Table

from chassis import breath, tables, writing
from chassis.keyring import Keyring
from chassis.shared import Kept, Shared
from chassis.writing import Row
from proto import ids
from proto.base import Asker, Command, Envelope, Event, Standing

AThing = TypeVar("AThing")
AStanding = TypeVar("AStanding", bound=Standing)


@dataclass
class Unit:
    """The database, the time, who asks, and a voice.

    Rows and events wait in memory until they are settled: a handler that refuses has
    written nothing, and a group of units costs one statement.
    """

    connection: Connection
    source: str
    by: str
    trace: str
    asker: Asker | None = None
    shared: Shared = field(default=None)  # type: ignore[assignment]
    rows: dict[Table, list[Row]] = field(default_factory=dict)
    changes: dict[Table, dict[UUID, Row]] = field(default_factory=dict)
    standings: list[Row] = field(default_factory=list)
    said: list[Envelope] = field(default_factory=list)
    outgoing: list[Row] = field(default_factory=list)
    revoked: list[Row] = field(default_factory=list)
    anyway: dict[Table, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shared = self.shared or Shared(self.connection)

    @property
    def now(self) -> datetime:
        """This moment, the same for the whole transaction, read after its locks."""
        return self.shared.now

    @property
    def keyring(self) -> Keyring:
        return self.shared.keyring

    def write(self, table: Table, **row: Any) -> None:
        """Add a row."""
        self.rows.setdefault(table, []).append(row)

    def write_anyway(self, table: Table, **row: Any) -> None:
        """Add a row that is kept also when this message is refused: that it was."""
        self.anyway.setdefault(table, []).append(row)

    def refuse(self) -> None:
        """Let nothing that waits be written, but what is kept anyway."""
        kept = self.anyway
        self.forget()
        self.rows = kept

    def change(self, table: Table, key: UUID, **values: Any) -> None:
        """Change a row by its column `id`."""
        self.changes.setdefault(table, {}).setdefault(key, {}).update(values)

    def emit(self, event: Event, subject: UUID) -> None:
        """Say an event; `subject` is what its order is kept by, mostly the case."""
        envelope = self.envelope(event.topic(), subject, event.model_dump(mode="json"))
        self.said.append(envelope)
        self.outgoing.append(row(envelope, urgent=event.urgent()))

    def later(self, at: datetime, command: Command, subject: UUID) -> None:
        """Carry out a command of this service itself, once, when its time has come."""
        self.outgoing.append(
            due(
                self.source,
                command,
                subject,
                at,
                said_at=self.now,
                by=self.by,
                trace=self.trace,
            )
        )

    def job(self, kind: str, subject: UUID, **task: Any) -> UUID:
        """Have a worker do what takes too long for a transaction; return the job's id."""
        job_id = ids.new()
        self.write(
            tables.job,
            id=job_id,
            kind=kind,
            task=task,
            subject=str(subject),
            by=self.by,
            trace=self.trace,
            run_at=self.now,
        )
        return job_id

    def keep(self, standing: Standing) -> None:
        """Keep a standing, unless a newer one is kept already."""
        self.standings.append(
            {
                "topic": standing.topic(),
                "key": standing.key(),
                "version": standing.version,
                "body": standing,
            }
        )

    def revoke(self, about: UUID, *kinds: type[Command]) -> None:
        """Take back the live permits that these kinds of orders about a thing were given.

        Those of earlier transactions: one that is given in this one stays.
        """
        for kind in kinds:
            its = {"about": about, "operation": kind.operation(), "at": self.now}
            self.revoked.append(its)

    def kept(self, wanted: Mapping[type[Standing], Iterable[UUID]]) -> Kept:
        """Return the newest standings of these things, in one statement at the most."""
        return self.shared.kept(key for keys in wanted.values() for key in keys)

    def kept_all(
        self, kind: type[AStanding], keys: Iterable[UUID]
    ) -> dict[UUID, AStanding]:
        """Return the newest standings of things of one kind, as far as they are known."""
        wanted = list(keys)
        kept = self.shared.kept(wanted)
        return {key: found for key in wanted if (found := kept.get(kind, key))}

    def in_turns(self, things: Iterable[AThing]) -> Iterator[AThing]:
        """Yield each of many things; others of this process have their turn between."""
        for each in things:
            breath.take()
            yield each

    @contextmanager
    def part(self) -> Iterator["Unit"]:
        """Yield a unit for a part of this one: all of it counts, or none if it raises."""
        its = replace(
            self, rows={}, changes={}, standings=[], said=[], outgoing=[], revoked=[]
        )
        with self.connection.begin_nested():
            yield its
        for table, more in its.rows.items():
            self.rows.setdefault(table, []).extend(more)
        for table, changed in its.changes.items():
            for key, values in changed.items():
                self.change(table, key, **values)
        self.standings += its.standings
        self.said += its.said
        self.outgoing += its.outgoing
        self.revoked += its.revoked

    def settle(self) -> None:
        """Write everything that waits."""
        settle(self.connection, [self])

    def forget(self) -> None:
        """Let nothing that waits be written."""
        self.rows, self.changes, self.anyway = {}, {}, {}
        self.standings, self.outgoing, self.revoked = [], [], []

    def envelope(self, topic: str, subject: UUID, data: dict[str, Any]) -> Envelope:
        return Envelope(
            source=f"doorstep/{self.source}",
            type=topic,
            subject=str(subject),
            time=self.now,
            by=self.by,
            trace=self.trace,
            data=data,
        )


def settle(connection: Connection, units: Iterable[Unit], *, last: bool = False) -> None:
    """Write what waits in these units, in their order and in one statement.

    With `last` the transaction ends with it.
    """
    rows: dict[Table, list[Row]] = {}
    changes: dict[Table, dict[UUID, Row]] = {}
    kept: list[Row] = []
    said: list[Row] = []
    revoked: list[Row] = []
    for unit in units:
        for table, more in (*unit.rows.items(), *unit.anyway.items()):
            rows.setdefault(table, []).extend(more)
        for table, changed in unit.changes.items():
            for key, values in changed.items():
                changes.setdefault(table, {}).setdefault(key, {}).update(values)
        kept += unit.standings
        said += unit.outgoing
        revoked += unit.revoked
        unit.forget()
    writing.write(connection, rows, changes, kept, said, revoked, last=last)


def later_topic(service: str, operation: str) -> str:
    """Return the topic of an order that a service gives itself."""
    return f"later.{service}.{operation}"


def due(
    service: str,
    command: Command,
    subject: UUID | str,
    at: datetime,
    *,
    said_at: datetime,
    by: str,
    trace: str,
    event_id: UUID | None = None,
) -> Row:
    """Return an order of a service to itself as a row of its outbox.

    It is carried out once by its `event_id`, a new one when it has no name of its own.
    """
    envelope = Envelope(
        id=event_id or ids.new(),
        source=f"doorstep/{service}",
        type=later_topic(service, command.operation()),
        subject=str(subject),
        time=said_at,
        by=by,
        trace=trace,
        data=command.model_dump(mode="json"),
    )
    return row(envelope, numbered=False, due_at=at)


def row(
    envelope: Envelope,
    *,
    urgent: bool = False,
    numbered: bool = True,
    due_at: datetime | None = None,
) -> Row:
    """Return an event as a row of the outbox; its sequence is drawn when it is written."""
    return {
        "event_id": envelope.id,
        "subject": envelope.subject,
        "envelope": envelope,
        "urgent": urgent,
        "numbered": numbered,
        "due_at": due_at,
        "said_at": envelope.time,
    }
