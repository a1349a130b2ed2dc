"""Who looked at what was taken at a door."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from services.field_visit.model import access_table


def note_look(connection: Connection, **row: Any) -> None:
    """Keep a look; one of the same id is kept already, by whoever came first."""
    connection.execute(insert(access_table).values(**row).on_conflict_do_nothing())


def looks(connection: Connection, visit_id: UUID, limit: int) -> list[Row[Any]]:
    """The looks at a visit, the newest first."""
    table = access_table.c
    mine = select(access_table).where(table.visit_id == visit_id)
    newest = mine.order_by(table.at.desc(), table.id.desc()).limit(limit)
    return list(connection.execute(newest))
