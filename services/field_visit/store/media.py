"""The photos and sound of visits."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from proto.media import Inspection, MediaKind
from services.field_visit.model import Media, media_table


def media(connection: Connection, media_id: UUID) -> Media | None:
    """One file; not locked: what changes it locks its visit."""
    query = select(media_table).where(media_table.c.id == media_id)
    row = connection.execute(query).first()
    return media_of(row) if row else None


def media_of_visit(connection: Connection, visit_id: UUID) -> list[Media]:
    """The files of a visit in the order in which they were captured."""
    table = media_table
    mine = select(table).where(table.c.visit_id == visit_id)
    rows = connection.execute(mine.order_by(table.c.captured_at, table.c.id))
    return [media_of(row) for row in rows]


def media_of(row: Row[Any]) -> Media:
    found = row.found and Inspection.model_validate(row.found)
    values = {"kind": MediaKind(row.kind), "found": found}
    return Media(**dict(row._mapping) | values)
