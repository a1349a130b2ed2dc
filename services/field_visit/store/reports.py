"""Reports of visits, as they were drawn."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from services.field_visit.model import report_table

REPORT = report_table.c


def keep_reports(connection: Connection, rows: Collection[dict[str, Any]]) -> None:
    """Keep reports instead of those of earlier parts; one of a later part stays."""
    new = insert(report_table)
    kept = new.on_conflict_do_update(
        index_elements=[REPORT.visit_id, REPORT.for_agency],
        set_={name: new.excluded[name] for name in ("part", "pdf", "at")},
        where=REPORT.part <= new.excluded.part,
    )
    connection.execute(kept, list(rows))


def report(connection: Connection, visit_id: UUID, *, for_agency: bool) -> Row[Any] | None:
    """The newest report of a visit that is drawn."""
    mine = REPORT.visit_id == visit_id, REPORT.for_agency.is_(for_agency)
    return connection.execute(select(report_table).where(*mine)).first()
