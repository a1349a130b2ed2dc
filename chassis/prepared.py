"""Statements of every order, parsed and planned once a connection and not each time.

PostgreSQL plans anew whatever comes as text, and for the few rows of a lone order that
costs more than to carry it out. psycopg 3 prepares what it sees often by itself; psycopg2,
which we need under eventlet, cannot, so that its statements become PREPARE and EXECUTE.
Only those that say so do, by `ask` or `execution_options(**OFTEN)`.
"""

import hashlib
import re
from collections import namedtuple
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from psycopg2 import Error
from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.dialects.postgresql import psycopg

from chassis.transactions import Session

#: What a statement that comes often says of itself.
OFTEN = {"comes_often": True}
#: Statements that a connection keeps; after so many it begins anew.
MOST = 200
#: psycopg 3's dialect: it writes the type beside each parameter.
DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call]
PLACE = re.compile(r"%\((\w+)\)s|%%")


def written(query: Executable) -> str:
    """Return a statement as text for `exec_driver_sql`, its parameters by their names.

    SQLAlchemy compares all parts of a statement with those it knows at each execution,
    which costs more than what psycopg2 does with it.
    """
    return str(query.compile(dialect=DIALECT))  # type: ignore[attr-defined]


class Prepared(NamedTuple):
    """A statement's name, how it is prepared, and how it is executed."""

    name: str
    prepare: str
    execute: str


def listen(engine: Engine) -> None:
    """Prepare on this engine's connections what says that it comes often.

    What says that it comes last brings the COMMIT along (`chassis.transactions`).
    """
    event.listen(engine, "before_cursor_execute", rewrite, retval=True)


def ask(
    connection: Connection,
    statement: str,
    values: Mapping[str, Any],
    *,
    last: bool = False,
) -> list[Any]:
    """Execute a statement that comes often; return its rows, whose fields have names.

    With `last` the transaction ends with it. Under eventlet psycopg2 is asked at once:
    SQLAlchemy's books about a statement and its rows cost as much as the statement.
    """
    session = connection.connection.driver_connection
    if not isinstance(session, Session):
        result = connection.exec_driver_sql(statement, values, OFTEN)
        return list(result) if result.returns_rows else []
    with session.words() as cursor:
        try:
            query = known_here(connection, cursor, statement)
            cursor.last = last
            cursor.execute(query, values)
        except Error as error:  # as any other: is it the connection's, and whose else
            connection._handle_dbapi_exception(error, statement, None, None, None)
        if cursor.description is None:
            return []
        row = row_of(statement, tuple(column.name for column in cursor.description))
        return [row._make(each) for each in cursor.fetchall()]


@lru_cache(maxsize=1024)
def row_of(statement: str, names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)


def rewrite(
    connection: Connection,
    cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    many: bool,
) -> tuple[str, Any]:
    if many:
        return statement, parameters
    if context.execution_options.get("comes_often"):
        statement = known_here(connection, cursor, statement)
    cursor.last = bool(context.execution_options.get("comes_last"))
    return statement, parameters


def known_here(connection: Connection, cursor: Any, statement: str) -> str:
    """Return how a statement is executed, prepared on this connection if it was not yet."""
    known: set[str] = connection.info.setdefault("prepared", set())
    prepared = prepare(statement)
    its = cursor.connection
    if isinstance(its, Session):  # so that what is prepared is still the first, or last
        cursor = its.plain
    if prepared.name not in known:
        if len(known) >= MOST:
            cursor.execute("DEALLOCATE ALL")
            known.clear()
        cursor.execute(prepared.prepare)
        known.add(prepared.name)
    return prepared.execute


@lru_cache(maxsize=1024)
def prepare(statement: str) -> Prepared:
    """Return a statement with pyformat's places as one with numbered parameters."""
    names: list[str] = []

    def numbered(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%"
        if place[1] not in names:
            names.append(place[1])
        return f"${names.index(place[1]) + 1}"

    body = PLACE.sub(numbered, statement)
    name = f"s{hashlib.sha256(statement.encode()).hexdigest()[:24]}"
    values = ", ".join(f"%({each})s" for each in names)
    execute = f"EXECUTE {name} ({values})" if names else f"EXECUTE {name}"
    return Prepared(name, f"PREPARE {name} AS {body}", execute)
