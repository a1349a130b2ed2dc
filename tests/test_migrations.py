"""Histories and tables say the same."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BLANK_SCHEMA, MetaData, text

from chassis import keyring_tables, tables
from chassis.database import engine
from chassis.migrate import HISTORIES, migrate, upgrade
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
