"""What was found in the positions of visits; whoever changes it locks its visit."""

from uuid import UUID

from sqlalchemy import Connection, select

from proto.base import Sealed
from proto.plausibility import Signal
from services.field_visit.model import (
    FindingKept,
    Replied,
    Score,
    finding_reply_table,
    finding_table,
    score_table,
)


def scores_of_visit(connection: Connection, visit_id: UUID) -> list[Score]:
    table = score_table
    query = select(table).where(table.c.visit_id == visit_id).order_by(table.c.collector_id)
    return [Score(**row._mapping) for row in connection.execute(query)]


def findings_of_visit(connection: Connection, visit_id: UUID) -> list[FindingKept]:
    """Every finding there ever was, the gravest first."""
    table = finding_table
    query = select(table).where(table.c.visit_id == visit_id)
    rows = connection.execute(query.order_by(table.c.score.desc(), table.c.id))
    return [
        FindingKept(**dict(row._mapping) | {"signal": Signal(row.signal)}) for row in rows
    ]


def replies_of_visit(connection: Connection, visit_id: UUID) -> list[Replied]:
    """What was said to its findings, as it came."""
    table = finding_reply_table
    query = select(table).where(table.c.visit_id == visit_id)
    rows = connection.execute(query.order_by(table.c.at, table.c.id))
    return [
        Replied(**dict(row._mapping) | {"text": Sealed.model_validate(row.text)})
        for row in rows
    ]


def finding_of_reply(connection: Connection, reply_id: UUID) -> UUID | None:
    """To which finding a reply was, if there is one of this id."""
    table = finding_reply_table.c
    query = select(table.finding_id).where(table.id == reply_id)
    return connection.scalars(query).first()
