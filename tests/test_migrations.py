"""Histories and tables say the same."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BLANK_SCHEMA, MetaData, text

from chassis import heads, keyring_tables, tables
from chassis.database import engine
from chassis.heads import HISTORIES
from chassis.migrate import current, migrate, script_directory, upgrade
from chassis.topology import SERVICES

MONTHS = re.compile("answered_")
VERSION_TABLES = {"version", "chassis_version"}


def tables_of(schema: str) -> MetaData:
    """All tables a schema should have, without naming the schema."""
    together = MetaData()
    if schema in SERVICES:
        sources = [tables.metadata, import_module(f"services.{schema}.model").metadata]
    elif schema == "keyring":
        sources = [keyring_tables.metadata]
    else:
        sources = [import_module(f"{schema}.model").metadata]
    for source in sources:
        for table in source.tables.values():
            table.to_metadata(
                together, schema=None, referred_schema_fn=lambda *_: BLANK_SCHEMA
            )
    return together


def ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or not (name in VERSION_TABLES or MONTHS.match(name or ""))


@pytest.mark.parametrize("schema", HISTORIES)
def test_no_table_drifts_from_its_history(schema: str, database_url: str) -> None:
    with engine(database_url, schema, pool=0).connect() as connection:
        options = {"include_name": ours}
        context = MigrationContext.configure(connection, opts=options)

        assert compare_metadata(context, tables_of(schema)) == []


WANTED = [(name, history) for name in HISTORIES for history in HISTORIES[name]]


@pytest.mark.parametrize(("schema", "history"), WANTED)
def test_a_part_waits_for_the_head_that_migrating_comes_to(
    schema: str, history: Path, database_url: str
) -> None:
    """It looks at names of files and one table: alembic takes longer to load."""
    head = script_directory(history).get_current_head()

    assert heads.head(history) == head
    with engine(database_url, schema, pool=0).connect() as connection:
        assert heads.version(connection, schema, history) == head
        assert current(connection, history) == head


def test_what_has_not_begun_is_behind(database_url: str, monkeypatch) -> None:
    assert heads.behind(database_url, WANTED) == []
    nothing = ("a_schema_that_is_not_there", HISTORIES["gateway"][0])
    assert heads.behind(database_url, [nothing]) == [nothing]
    monkeypatch.setattr(heads, "head", lambda history: "9999")
    assert heads.behind(database_url, WANTED) == WANTED


def test_no_part_loads_what_migrates() -> None:
    """Half a second of each start after a kill."""
    parts = ("gateway.main", "chassis.worker", "services.oversight.projector.process")
    said = f"import sys, {', '.join(parts)}; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], check=False).returncode == 0


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert migrate(database_url) == []


REVISION = """
from alembic import op

revision, down_revision = {revision!r}, {before!r}
branch_labels = depends_on = None


def upgrade() -> None:
    op.execute({statement!r})
"""


def test_each_revision_is_committed_and_one_that_gets_no_lock_tries_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, before = "two_steps", None
    statements = ("CREATE TABLE first ()", "ALTER TABLE held ADD COLUMN more text")
    (tmp_path / "versions").mkdir()
    for revision, statement in zip(("0001", "0002"), statements, strict=True):
        its = REVISION.format(revision=revision, before=before, statement=statement)
        (tmp_path / "versions" / f"{revision}.py").write_text(its)
        before = revision
    monkeypatch.setattr("chassis.database.LOCK_MS", 100)
    with engine(database_url, "public", pool=0).begin() as makes:
        makes.execute(text(f"CREATE SCHEMA {schema}"))
        makes.execute(text(f"CREATE TABLE {schema}.held ()"))
    there: list[bool] = []

    with engine(database_url, schema, pool=0).connect() as holds:
        holds.execute(text("LOCK TABLE held IN ACCESS SHARE MODE"))

        def let_go(_: float) -> None:
            """When it waits for the lock: see what is there, and give the lock back."""
            with engine(database_url, schema, pool=0).connect() as looks:
                found = looks.scalar(text("SELECT to_regclass('first') IS NOT NULL"))
                there.append(bool(found))
            holds.rollback()

        monkeypatch.setattr("chassis.migrate.time.sleep", let_go)
        changed = upgrade(database_url, schema, tmp_path)

    assert changed == ["0001", "0002"]
    assert there == [True]
    assert upgrade(database_url, schema, tmp_path) == []
