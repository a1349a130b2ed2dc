"""What phones have told of a visit, page by page, without what is sealed."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, cast, exists, func, select
from sqlalchemy.dialects.postgresql import UUID as Uuid

from services.field_visit.model import (
    irregularity_table,
    journal_table,
    media_table,
    verdict_table,
)

#: Irregularities that are shown of one visit.
MOST_ODD = 500


def told(connection: Connection, visit_id: UUID, after: int, limit: int) -> list[Row[Any]]:
    """Entries of a visit in the order they arrived, each with what the rules say of it."""
    entry, verdict = journal_table.c, verdict_table.c
    judged = and_(
        verdict.visit_id == entry.visit_id,
        verdict.device_id == entry.device_id,
        verdict.seq == entry.seq,
    )
    query = (
        select(
            entry.number,
            entry.device_id,
            entry.seq,
            func.coalesce(entry.kind, entry.fact["kind"].astext).label("kind"),
            entry.at,
            entry.earliest,
            entry.latest,
            entry.received_at,
            entry.counts,
            verdict.verdict,
            verdict.clauses,
        )
        .outerjoin(verdict_table, judged)
        .where(entry.visit_id == visit_id, entry.number > after)
    )
    return list(connection.execute(query.order_by(entry.number).limit(limit)))


def irregularities(connection: Connection, visit_id: UUID) -> list[Row[Any]]:
    """What was odd about what was sent in the name of a visit, as it arrived."""
    its = irregularity_table.c
    shown = its.kind, its.device_id, its.seq, its.at, its.posted_by
    query = select(*shown).where(its.visit_id == visit_id)
    return list(connection.execute(query.order_by(its.number).limit(MOST_ODD)))


def missing_media(connection: Connection, visit_id: UUID) -> list[UUID]:
    """Photos and sound that a phone has noted, and that never came."""
    entry = journal_table.c
    named = cast(entry.fact["media_id"].astext, Uuid(as_uuid=True))
    came = exists().where(media_table.c.id == named)
    query = select(named).where(
        entry.visit_id == visit_id, entry.kind == "media_noted", ~came
    )
    return list(connection.scalars(query.order_by(entry.number)))
