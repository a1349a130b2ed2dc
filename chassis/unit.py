"""One message, one transaction: what a handler may touch."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Connection,
    Table,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import clock, tables
from chassis.keyring import Keyring
from proto.base import Asker, Envelope, Event, Standing

Row = dict[str, Any]
AStanding = TypeVar("AStanding", bound=Standing)


@dataclass
class Unit:
    """The database, the time, who asks, and a voice.

    Rows and events wait in memory until `settle`: a handler that refuses before its
    first write has written nothing, and a group costs one statement a table.
    """

    connection: Connection
    source: str
    by: str
    trace: str
    asker: Asker | None = None
    rows: dict[Table, list[Row]] = field(default_factory=dict)
    changes: dict[Table, dict[UUID, Row]] = field(default_factory=dict)
    said: list[Envelope] = field(default_factory=list)

    @cached_property
    def now(self) -> datetime:
        """This moment, read when it is first needed: after the locks."""
        return clock.now()

    @cached_property
    def keyring(self) -> Keyring:
        return Keyring(self.connection)

    def write(self, table: Table, **row: Any) -> None:
        """Add a row."""
        self.rows.setdefault(table, []).append(row)

    def change(self, table: Table, key: UUID, **values: Any) -> None:
        """Change a row by its column `id`."""
        self.changes.setdefault(table, {}).setdefault(key, {}).update(values)

    def emit(self, event: Event, subject: UUID) -> None:
        """Say an event; `subject` is what its order is kept by, mostly the case."""
        self.said.append(
            Envelope(
                source=f"doorstep/{self.source}",
                type=event.topic(),
                subject=str(subject),
                time=self.now,
                by=self.by,
                trace=self.trace,
                data=event.model_dump(mode="json"),
            )
        )

    def kept(self, wanted: Mapping[type[Standing], Iterable[UUID]]) -> "Kept":
        """Return the newest standings of these things, in one statement."""
        table = tables.kept
        each = [
            and_(table.c.topic == kind.topic(), table.c.key.in_(set(keys)))
            for kind, keys in wanted.items()
        ]
        query = select(table.c.topic, table.c.key, table.c.body).where(or_(*each))
        rows = self.connection.execute(query)
        return Kept({(topic, key): body for topic, key, body in rows})

    def kept_all(
        self, kind: type[AStanding], keys: Iterable[UUID]
    ) -> dict[UUID, AStanding]:
        """Return the newest standings of things of one kind, as far as they are known."""
        found = self.kept({kind: keys}).bodies
        return {key: kind.model_validate(body) for (_, key), body in found.items()}

    def settle(self) -> None:
        """Write everything that waits: one statement a table, events last."""
        for table, rows in self.rows.items():
            for batch in by_columns(rows):
                self.connection.execute(insert(table), batch)
        for table, changed in self.changes.items():
            change_rows(self.connection, table, changed)
        if self.said:
            speak(self.connection, self.said)


@dataclass(frozen=True)
class Kept:
    """Standings that were fetched together."""

    bodies: Mapping[tuple[str, UUID], Row]

    def get(self, kind: type[AStanding], key: UUID) -> AStanding | None:
        """Return one of them, or nothing when it is not known here."""
        body = self.bodies.get((kind.topic(), key))
        return None if body is None else kind.model_validate(body)


def by_columns(rows: list[Row]) -> Iterable[list[Row]]:
    """Rows that set the same columns go to the database together."""
    together: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        together.setdefault(tuple(sorted(row)), []).append(row)
    return together.values()


def change_rows(connection: Connection, table: Table, changed: dict[UUID, Row]) -> None:
    rows = [
        {"key": key} | {f"new_{name}": value for name, value in values.items()}
        for key, values in sorted(changed.items())
    ]
    for batch in by_columns(rows):
        new: Row = {name[4:]: bindparam(name) for name in batch[0] if name != "key"}
        where = table.c.id == bindparam("key")
        connection.execute(update(table).where(where).values(new), batch)


def speak(connection: Connection, said: list[Envelope]) -> None:
    """Put events into the outbox, each with the next number of its subject.

    The counter's row stays locked until the commit, so two transactions cannot
    interleave the numbers of one subject; subjects are locked in one order.
    """
    counts = Counter(envelope.subject for envelope in said)
    last = draw(connection, counts)
    rows = []
    for envelope in reversed(said):
        sequence = last[envelope.subject]
        last[envelope.subject] -= 1
        numbered = envelope.model_copy(update={"sequence": sequence})
        rows.append(
            {
                "event_id": envelope.id,
                "subject": envelope.subject,
                "sequence": sequence,
                "envelope": numbered.model_dump(mode="json"),
            }
        )
    connection.execute(insert(tables.outbox), rows[::-1])


def draw(connection: Connection, counts: Mapping[str, int]) -> dict[str, int]:
    """Take that many numbers of each subject; return the last of each."""
    table = tables.subject
    rows = [{"subject": name, "sequence": counts[name]} for name in sorted(counts)]
    query = upsert(table).values(rows)
    more = {"sequence": table.c.sequence + query.excluded.sequence}
    query = query.on_conflict_do_update(index_elements=["subject"], set_=more)
    drawn = connection.execute(query.returning(table.c.subject, table.c.sequence))
    return {row.subject: row.sequence for row in drawn}
