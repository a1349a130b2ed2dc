"""Rows on their way to the database: everything that waits, in one statement.

Each table's rows travel as one JSON parameter and become rows by `jsonb_to_recordset`,
so that a group of sixty-four commands costs the round trip of one. The statement's
parts see one snapshot: a row that is added and changed before it is written is merged.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

from chassis import tables
from chassis.prepared import ask
from chassis.transactions import UNSAVED

Row = dict[str, Any]
Columns = tuple[str, ...]

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Part(NamedTuple):
    """One part of the statement and the rows it is for."""

    sql: str
    rows: list[Row]


def write(
    connection: Connection,
    rows: Mapping[Table, list[Row]],
    changes: Mapping[Table, Mapping[UUID, Row]],
    kept: Iterable[Row],
    said: Iterable[Row],
    revoked: Iterable[Row] = (),
    *,
    last: bool = False,
    lasting: bool = True,
) -> None:
    """Write it all, or raise what the database says; with `last` commit as well.

    What is not `lasting` the database may forget again with its power.

    `kept` are rows of that table, of which only newer ones replace older; `said` are
    rows of the outbox without their sequence; `revoked` are what permits are found by that
    end, and when.
    """
    left = merged(rows, changes)
    parts = [
        Part(insertion(table, columns), batch)
        for table in sorted(rows, key=lambda each: each.name)
        for columns, batch in by_columns(rows[table])
    ]
    parts += [
        Part(update(table, columns), batch)
        for table in sorted(left, key=lambda each: each.name)
        for columns, batch in by_columns(left[table])
    ]
    parts += [Part(KEEP, batch)] if (batch := newest(kept)) else []
    parts += [Part(revocation(which), batch) for which, batch in by_columns(revoked)]
    parts += speaking(said) if (said := list(said)) else []
    execute(connection, parts, "SELECT 1" if lasting else UNSAVED, last)


def execute(
    connection: Connection, parts: list[Part], end: str = "SELECT 1", last: bool = False
) -> None:
    if not parts:
        return
    named = ", ".join(
        f"{'drawn' if part.sql is DRAW else f'part{number}'} AS "
        f"({part.sql.replace('$', f'%(p{number})s')})"
        for number, part in enumerate(parts)
    )
    values = {
        f"p{number}": to_json(part.rows).decode() for number, part in enumerate(parts)
    }
    ask(connection, f"WITH {named} {end}", values, last=last)


def merged(
    rows: Mapping[Table, list[Row]], changes: Mapping[Table, Mapping[UUID, Row]]
) -> dict[Table, list[Row]]:
    """Put changes of rows that are not yet written into them; return the others."""
    left: dict[Table, list[Row]] = {}
    for table, changed in changes.items():
        waiting = {row["id"]: row for row in rows.get(table, ())}
        for key, values in sorted(changed.items()):
            if key in waiting:
                waiting[key].update(values)
            else:
                left.setdefault(table, []).append({"id": key} | values)
    return left


def by_columns(rows: Iterable[Row]) -> Iterable[tuple[Columns, list[Row]]]:
    """Rows that set the same columns go to the database together."""
    together: dict[Columns, list[Row]] = {}
    for row in rows:
        together.setdefault(sorted_once(tuple(row)), []).append(row)
    return together.items()


@lru_cache(maxsize=1024)
def sorted_once(names: Columns) -> Columns:
    return tuple(sorted(names))


def newest(kept: Iterable[Row]) -> list[Row]:
    """Return the newest of each standing: one statement cannot touch a row twice."""
    found: dict[tuple[UUID, str], Row] = {}
    for row in kept:
        before = found.get(at := (row["key"], row["topic"]))
        if before is None or before["version"] < row["version"]:
            found[at] = row
    return [found[at] for at in sorted(found)]


@lru_cache(maxsize=512)
def insertion(table: Table, columns: Columns) -> str:
    names = ", ".join(map(quoted, columns))
    values = ", ".join(f"d.{quoted(column)}" for column in columns)
    records = in_order(table, columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} {records} ORDER BY d.nr"


@lru_cache(maxsize=512)
def update(table: Table, columns: Columns) -> str:
    new = ", ".join(f"{quoted(c)} = d.{quoted(c)}" for c in columns if c != "id")
    typed = ", ".join(f"{quoted(c)} {kind(table, c)}" for c in columns)
    return (
        f"UPDATE {table.name} AS t SET {new} "
        f"FROM jsonb_to_recordset($::jsonb) AS d ({typed}) WHERE t.id = d.id"
    )


@lru_cache(maxsize=512)
def revocation(columns: Columns) -> str:
    """Return what takes back live permits: those with the same values, at a moment.

    An answer that is added by another part of the statement is not seen, and stays.
    """
    table = tables.answered
    typed = ", ".join(f"{quoted(c)} {kind(table, c)}" for c in columns)
    same = " AND ".join(f"t.{quoted(c)} = d.{quoted(c)}" for c in columns if c != "at")
    return (
        f"UPDATE {table.name} AS t SET revoked_at = d.at "
        f"FROM jsonb_to_recordset($::jsonb) AS d ({typed}) "
        f"WHERE {same} AND t.good_until > d.at AND t.revoked_at IS NULL"
    )


def in_order(table: Table, columns: Columns) -> str:
    """Return the rows of a parameter, numbered: identities are drawn in this order."""
    typed = ", ".join(f"{quoted(column)} {kind(table, column)}" for column in columns)
    names = ", ".join(map(quoted, columns))
    return (
        f"FROM ROWS FROM (jsonb_to_recordset($::jsonb) AS ({typed})) "
        f"WITH ORDINALITY AS d ({names}, nr)"
    )


def kind(table: Table, column: str) -> str:
    return str(table.c[column].type.compile(dialect=DIALECT))


def quoted(name: str) -> str:
    return f'"{name}"'


KEEP = (
    insertion(tables.kept, ("key", "topic", "version", "body"))
    + " ON CONFLICT (key, topic) DO UPDATE SET version = excluded.version,"
    " body = excluded.body WHERE kept.version < excluded.version"
)

#: The counter's row stays locked until the commit, so that two transactions cannot
#: interleave the numbers of one subject; subjects are locked in one order.
DRAW = (
    "INSERT INTO subject (subject, sequence) SELECT d.subject, d.count FROM"
    " jsonb_to_recordset($::jsonb) AS d (subject text, count bigint) ORDER BY d.subject"
    " ON CONFLICT (subject) DO UPDATE SET sequence = subject.sequence + excluded.sequence"
    " RETURNING subject.subject, subject.sequence"
)
SPEAK = (
    "INSERT INTO outbox (event_id, subject, sequence, envelope, urgent, due_at, said_at)"
    " SELECT d.event_id, d.subject, drawn.sequence - d.back, d.envelope, d.urgent,"
    " d.due_at, d.said_at FROM ROWS FROM (jsonb_to_recordset($::jsonb) AS (event_id uuid,"
    " subject text, back bigint, envelope jsonb, urgent boolean, due_at timestamptz,"
    " said_at timestamptz)) WITH ORDINALITY AS d (event_id, subject, back, envelope,"
    " urgent, due_at, said_at, nr)"
    " LEFT JOIN drawn ON drawn.subject = d.subject AND d.back IS NOT NULL"
    " ORDER BY d.nr"
)


def speaking(said: list[Row]) -> list[Part]:
    """Return what puts events into the outbox, each with the next number of its subject.

    What is due later, and a tick, has no number: it stands in no order.
    """
    counts = Counter(row["subject"] for row in said if row["numbered"])
    left = Counter(counts)
    rows = []
    for row in said:
        back = None
        if row["numbered"]:
            left[row["subject"]] -= 1
            back = left[row["subject"]]
        rows.append(
            {name: row[name] for name in row if name != "numbered"} | {"back": back}
        )
    drawn = [{"subject": name, "count": count} for name, count in counts.items()]
    return [Part(DRAW, drawn), Part(SPEAK, rows)]
