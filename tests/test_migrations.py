"""Histories and tables say the same."""

import re
from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BLANK_SCHEMA, MetaData

from chassis import keyring_tables, tables
from chassis.database import engine
from chassis.migrate import HISTORIES, migrate
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
