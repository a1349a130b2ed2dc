"""How new every schema has to be, and waiting until it is.

Each part asks this when it starts, and is started again when it was killed: so no tool for
migrations is loaded for it, and one connection is asked for everything.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from chassis import ready
from chassis.database import engine
from chassis.logs import log
from chassis.topology import SERVICES

ROOT = Path(__file__).parent.parent
WAIT_S = 0.5
#: A schema, and one of its histories.
Wanted = tuple[str, Path]

#: Everything that has a schema, and where its history lies.
HISTORIES: dict[str, tuple[Path, ...]] = {
    "keyring": (ROOT / "chassis/migrations/keyring",),
    "gateway": (ROOT / "gateway/migrations",),
} | {
    name: tuple(
        history
        for history in (
            ROOT / "chassis/migrations/service",
            ROOT / f"services/{name}/migrations",
        )
        if history.is_dir()
    )
    for name in SERVICES
}


def wait_for_head(url: str, names: Iterable[str], *, green: bool = False) -> None:
    """Wait until the schemas of these parts are as new as this code, however long.

    `green`: this process runs under eventlet, and has no use for another driver.
    """
    waiting = [
        (name, history) for name in ("keyring", *names) for history in HISTORIES[name]
    ]
    while waiting:
        try:
            waiting = behind(url, waiting, green=green)
        except OperationalError as error:
            log.warning("waits for the database: %s", type(error.orig).__name__)
        if waiting:
            log.warning("waits for `doorstep migrate`: %s", waiting[0][0])
            ready.progress()
            time.sleep(WAIT_S)


def behind(url: str, wanted: Iterable[Wanted], *, green: bool = False) -> list[Wanted]:
    """Return the schemas that are not as new as this code. Raises OperationalError."""
    with bounded(green), engine(url, "public", green=green, pool=0).connect() as connection:
        return [
            (schema, history)
            for schema, history in wanted
            if version(connection, schema, history) != head(history)
        ]


@contextmanager
def bounded(green: bool) -> Iterator[None]:
    """Let psycopg2 wait by itself for a while, even under eventlet: nothing else runs yet,
    and when its waiting is done for it, libpq keeps to no `connect_timeout`.
    """
    if not green:
        yield
        return
    from psycopg2 import extensions  # of no use to other processes

    callback = extensions.get_wait_callback()
    extensions.set_wait_callback(None)
    try:
        yield
    finally:
        extensions.set_wait_callback(callback)


def version(connection: Connection, schema: str, history: Path) -> str | None:
    """Return how far a schema has come in a history; None when it has not begun."""
    table = f'"{schema}"."{version_table(history)}"'
    there = connection.scalar(text("SELECT to_regclass(:name)"), {"name": table})
    if there is None:
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {table}"))
    return found


def head(history: Path) -> str:
    """Return the newest revision of a history: its files are named by their number."""
    names = sorted(each.name for each in (history / "versions").glob("[0-9]*.py"))
    return names[-1].partition("_")[0]


def version_table(history: Path) -> str:
    """Return where a history notes its version, in the schema it changes."""
    chassis = history.is_relative_to(ROOT / "chassis")
    return "chassis_version" if chassis else "version"
