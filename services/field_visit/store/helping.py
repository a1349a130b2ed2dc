"""Calls for help; whoever changes one holds the lock of its visit."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from proto.base import Sealed
from services.field_visit.model import Help, help_table


def help_called(connection: Connection, help_id: UUID) -> Help | None:
    """One call for help, of whichever visit."""
    query = select(help_table).where(help_table.c.id == help_id)
    row = connection.execute(query).first()
    return help_of(row) if row else None


def open_help(connection: Connection, visit_id: UUID) -> list[Help]:
    """The calls of a visit on which nobody acts yet, the first one first."""
    table = help_table.c
    query = select(help_table).where(
        table.visit_id == visit_id, table.acknowledged_at.is_(None)
    )
    return [help_of(row) for row in connection.execute(query.order_by(table.at, table.id))]


def help_of(row: Row[Any]) -> Help:
    details = row.details and Sealed.model_validate(row.details)
    return Help(**dict(row._mapping) | {"details": details})
