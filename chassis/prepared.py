"""Statements of every order, parsed and planned once a connection and not each time.

PostgreSQL plans anew whatever comes as text, and for the few rows of a lone order that
costs more than to carry it out. psycopg 3 prepares what it sees often by itself; psycopg2,
which we need under eventlet, cannot, so that its statements become PREPARE and EXECUTE.
Only those that say so do: `execution_options(**OFTEN)`.
"""

import hashlib
import re
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event

#: What a statement that comes often says of itself.
OFTEN = {"comes_often": True}
#: Statements that a connection keeps; after so many it begins anew.
MOST = 200
PLACE = re.compile(r"%\((\w+)\)s|%%")


class Prepared(NamedTuple):
    """A statement's name, how it is prepared, and how it is executed."""

    name: str
    prepare: str
    execute: str


def listen(engine: Engine) -> None:
    """Prepare on this engine's connections what says that it comes often."""
    event.listen(engine, "before_cursor_execute", rewrite, retval=True)


def rewrite(
    connection: Connection,
    cursor: Any,
    statement: str,
    parameters: Any,
    context: Any,
    many: bool,
) -> tuple[str, Any]:
    if many or not context.execution_options.get("comes_often"):
        return statement, parameters
    known: set[str] = connection.info.setdefault("prepared", set())
    prepared = prepare(statement)
    if prepared.name not in known:
        if len(known) >= MOST:
            cursor.execute("DEALLOCATE ALL")
            known.clear()
        cursor.execute(prepared.prepare)
        known.add(prepared.name)
    return prepared.execute, parameters


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
