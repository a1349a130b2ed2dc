"""Bring every schema to its newest form, one process at a time.

A schema has two histories: the chassis tables (`chassis/migrations`) and the service's
own (`services/<name>/migrations`), each with a version table of its own in the schema.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import OperationalError

from chassis import sqlstates
from chassis.database import engine
from chassis.heads import HISTORIES, WAIT_S, version_table
from chassis.logs import log

LOCK = 7_166_737  # any number, the same for every process


def migrate(url: str) -> list[str]:
    """Bring all schemas to their heads under one lock; return what was changed."""
    changed = []
    with engine(url, "public", pool=0).connect() as lock:
        lock.execute(text("SET statement_timeout = 0"))
        lock.execute(text("SET lock_timeout = 0"))
        lock.execute(text("SELECT pg_advisory_lock(:number)"), {"number": LOCK})
        for schema, histories in HISTORIES.items():
            lock.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            lock.commit()
            changed += [
                f"{schema}: {revision}"
                for history in histories
                for revision in upgrade(url, schema, history)
            ]
    return changed


def upgrade(url: str, schema: str, history: Path) -> list[str]:
    """Run what is missing of one history, and return it.

    Each revision is a transaction of its own: none holds the locks of those before it. One
    that gets no lock in time lets those go first who wait behind it, and tries again.
    """
    scripts, done = script_directory(history), list[str]()
    while missing := missing_of(url, schema, history):
        try:
            with engine(url, schema, pool=0).connect() as connection:
                connection.execute(text("SET statement_timeout = 0"))  # an index takes long
                connection.commit()
                with environment(scripts, connection, history) as context:
                    context.run_migrations()
        except OperationalError as error:
            if not sqlstates.held_elsewhere(error):
                raise
            log.warning("waits for a lock: %s", schema)
            time.sleep(WAIT_S)
        left = missing_of(url, schema, history)
        done += missing[: len(missing) - len(left)]
    return done


def missing_of(url: str, schema: str, history: Path) -> list[str]:
    """Return the revisions of a history that a schema does not have, the oldest first."""
    with engine(url, schema, pool=0).connect() as connection:
        before = current(connection, history)
    steps = script_directory(history).iterate_revisions("heads", before or "base")
    return [step.revision for step in steps][::-1]


@contextmanager
def environment(
    scripts: ScriptDirectory, connection: Connection, history: Path
) -> Iterator[EnvironmentContext]:
    def newer(revision: object, _: object) -> object:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]

    config = Config()
    with EnvironmentContext(config, scripts, fn=newer) as context:
        context.configure(
            connection=connection,
            target_metadata=MetaData(),
            version_table=version_table(history),
            transaction_per_migration=True,
        )
        yield context


def current(connection: Connection, history: Path) -> str | None:
    options = {"version_table": version_table(history)}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def script_directory(history: Path) -> ScriptDirectory:
    return ScriptDirectory(str(history))
