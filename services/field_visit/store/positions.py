"""Where people stood when they checked in, and photos, for whoever scores it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, select

from proto.media import MediaKind
from services.field_visit.model import (
    Visit,
    checked_in_table,
    grey_table,
    media_table,
    phone_table,
    picture_table,
    visit_table,
)
from services.field_visit.store.doors import visit_of

HERE, VISIT = checked_in_table.c, visit_table.c


def any_visit(connection: Connection, visit_id: UUID) -> Visit | None:
    """One visit, whoever asks; not locked."""
    row = connection.execute(select(visit_table).where(VISIT.id == visit_id)).first()
    return visit_of(row) if row else None


def presences(connection: Connection, visit_id: UUID) -> list[Row[Any]]:
    """The sealed presences of a visit that are still there."""
    query = with_visit().where(HERE.visit_id == visit_id)
    return list(connection.execute(query.order_by(HERE.collector_id)))


def earlier(
    connection: Connection, collector_id: UUID, before: datetime, limit: int
) -> list[Row[Any]]:
    """The newest sealed presences of a collector before a moment, the newest first."""
    mine = VISIT.collectors.contains([collector_id]), HERE.collector_id == collector_id
    query = with_visit().where(*mine, HERE.present_at < before)
    return list(connection.execute(query.order_by(HERE.present_at.desc()).limit(limit)))


def with_visit() -> Select[Any]:
    """Presences with what their visit says of case and door."""
    columns = (HERE.visit_id, HERE.collector_id, HERE.device_id, HERE.presence)
    mine = checked_in_table.join(visit_table, VISIT.id == HERE.visit_id)
    its = VISIT.case_id, VISIT.place, VISIT.not_before, VISIT.not_after
    query = select(*columns, *its).select_from(mine)
    return query.where(HERE.presence.is_not(None))


def photos(connection: Connection, visit_id: UUID) -> list[Row[Any]]:
    """The photos of a visit, each with the person whose phone sent it, and with what it
    says of itself where somebody has looked.
    """
    table, phone, said = media_table.c, phone_table.c, picture_table.c
    mine = media_table.join(phone_table, phone.device_id == table.device_id)
    mine = mine.outerjoin(picture_table, said.id == table.id)
    mine = mine.outerjoin(grey_table, grey_table.c.id == table.id)
    columns = table.sha256, table.captured_at, table.found, phone.person_id
    its = said.likeness, said.place, said.exif, said.camera, said.editor
    also = table.device_id, grey_table.c.cells, said.screen, said.retouched
    query = select(*columns, *its, *also).select_from(mine)
    query = query.where(table.visit_id == visit_id)
    return list(connection.execute(query.where(table.kind == MediaKind.PHOTO)))


def same_photos(
    connection: Connection, visit_id: UUID, digests: Collection[str]
) -> list[Row[Any]]:
    """The photos of other visits that are these to the bit."""
    table = media_table.c
    mine = media_table.join(visit_table, VISIT.id == table.visit_id)
    query = select(table.sha256, table.captured_at, VISIT.case_id).select_from(mine)
    these = table.sha256.in_(digests), table.visit_id != visit_id
    return list(connection.execute(query.where(*these).order_by(table.captured_at)))
