"""What phones noted in their journals of where they were, and of who was on duty."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, exists, func, select

from services.field_visit.model import (
    NOTED,
    SEALED,
    SHIFTS,
    STILL_SAID,
    head_table,
    journal_table,
)

#: Positions of one phone that are looked at together, and how often its shifts began or
#: ended lately.
MOST_NOTED, MOST_SHIFTS = 5_000, 50
ENTRY, HEAD = journal_table.c, head_table.c
BOX = ENTRY.fact[SEALED]


def phone_at(connection: Connection, visit_id: UUID, person_id: UUID) -> UUID | None:
    """The phone of a person that noted most positions of a visit, if any did."""
    mine = journal_table.join(head_table, HEAD.id == ENTRY.device_id)
    query = select(ENTRY.device_id).select_from(mine).group_by(ENTRY.device_id)
    these = ENTRY.visit_id == visit_id, NOTED, HEAD.person_id == person_id
    most = query.where(*these).order_by(func.count().desc(), ENTRY.device_id)
    return connection.scalar(most.limit(1))


def told_between(
    connection: Connection, visit_id: UUID, device_id: UUID
) -> tuple[datetime, datetime] | None:
    """When a phone told the first and the last of what it told of a visit, by its clock."""
    mine = ENTRY.visit_id == visit_id, ENTRY.device_id == device_id
    said = ENTRY.kind.not_in(("shift_started", "shift_ended", "anchored"))
    query = select(func.min(ENTRY.at), func.max(ENTRY.at)).where(*mine, said)
    first, last = connection.execute(query).one()
    return (first, last) if first else None


def noted_at(connection: Connection, visit_id: UUID, device_id: UUID) -> Sequence[Row[Any]]:
    """The positions that a phone noted of a visit, sealed, in its journal's order."""
    mine = ENTRY.visit_id == visit_id, ENTRY.device_id == device_id
    return connection.execute(noted().where(*mine)).all()


def noted_between(
    connection: Connection, device_id: UUID, since: datetime, until: datetime
) -> Sequence[Row[Any]]:
    """Those that it noted of no visit from one moment to another, by its clock."""
    mine = ENTRY.device_id == device_id, ENTRY.visit_id.is_(None)
    query = noted().where(*mine, ENTRY.at.between(since, until), ENTRY.counts)
    return connection.execute(query).all()


def noted() -> Select[Any]:
    """Positions that are still there; those outside a shift never were."""
    columns = ENTRY.device_id, ENTRY.seq, ENTRY.at, ENTRY.boot_id, ENTRY.elapsed_ms
    query = select(*columns, BOX.label("box")).where(STILL_SAID)
    return query.order_by(ENTRY.seq).limit(MOST_NOTED)


def shifts_noted(
    connection: Connection, device_id: UUID, until: datetime
) -> list[tuple[str, datetime]] | None:
    """When shifts of a phone began and ended, in its journal's order, up to a moment by
    its clock. None when it has never spoken of any.
    """
    spoken = ENTRY.device_id == device_id, SHIFTS
    query = select(ENTRY.kind, ENTRY.at).where(*spoken, ENTRY.at <= until)
    newest = query.order_by(ENTRY.seq.desc()).limit(MOST_SHIFTS)
    rows = [(kind, at) for kind, at in connection.execute(newest)]
    if not rows and not connection.scalar(select(exists().where(*spoken))):
        return None
    return rows[::-1]
