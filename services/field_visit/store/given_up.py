"""What has waited too long for what lies before it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, any_, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import UUID as Uuid

from proto.field_visit import VisitState
from services.field_visit.model import ahead_table, head_table, visit_table

AHEAD, HEAD, VISIT = ahead_table.c, head_table.c, visit_table.c
WAITS = AHEAD.joined_at.is_(None)
#: Entries that are given up in one look; if there are more, the next one follows at once.
MOST_GIVEN_UP = 200


def waiting_long(connection: Connection, before: datetime) -> list[Row[Any]]:
    """The oldest entries that came before a moment and wait, of no visit that is open."""
    over = or_(AHEAD.visit_id.is_(None), VISIT.state == VisitState.CLOSED)
    query = (
        select(
            AHEAD.id, AHEAD.device_id, AHEAD.seq, AHEAD.link, AHEAD.visit_id, AHEAD.entry
        )
        .select_from(ahead_table.outerjoin(visit_table, VISIT.id == AHEAD.visit_id))
        .where(WAITS, AHEAD.received_at < before, over)
    )
    ordered = query.order_by(AHEAD.received_at, AHEAD.id).limit(MOST_GIVEN_UP)
    return list(connection.execute(ordered))


def in_whose_name(connection: Connection, row: Row[Any]) -> UUID | None:
    """The visit in whose name an entry came: its own, or one whose case it is sealed for.

    Of what could not be sealed, the person's last.
    """
    if row.visit_id:
        visit_id: UUID = row.visit_id
        return visit_id
    person = select(HEAD.person_id).where(HEAD.id == row.device_id).scalar_subquery()
    mine = person == any_(VISIT.collectors)
    key_id = row.entry.get("key_id")
    its = VISIT.case_id == cast(key_id, Uuid(as_uuid=True)) if key_id else mine
    last = select(VISIT.id).where(its).order_by(mine.desc(), VISIT.not_before.desc())
    return connection.scalar(last.limit(1))


def wait_no_more(connection: Connection, ids: Collection[UUID]) -> None:
    """Remove what was given up and is kept elsewhere by now."""
    if ids:
        connection.execute(delete(ahead_table).where(AHEAD.id.in_(ids)))


def how_many_wait(connection: Connection, device_id: UUID) -> int:
    """How much of a phone waits for what lies before it, and may yet join."""
    query = select(func.count()).join_from(
        ahead_table, head_table, HEAD.id == AHEAD.device_id
    )
    mine = AHEAD.device_id == device_id, WAITS, AHEAD.seq > HEAD.seq
    return connection.scalar(query.where(*mine)) or 0
