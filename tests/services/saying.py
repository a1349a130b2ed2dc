"""What the database is asked, for tests of who may learn something by it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event


@contextmanager
def said(connection: Connection) -> Iterator[list[str]]:
    """Note how every statement begins: what it does, to what, and by what."""
    found: list[str] = []

    def note(*given: Any) -> None:
        beginning = re.split(r" IN \(| sa_savepoint|, part1 AS", given[2])[0]
        found.append(beginning)

    event.listen(connection, "before_cursor_execute", note)
    yield found
    event.remove(connection, "before_cursor_execute", note)
