"""The table of visit reports."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.field_visit.model.tables import metadata

#: What a worker is asked to do, and what the PDF is sealed for.
REPORT, REPORT_PDF = "report_visit", "visit.report"

#: The newest report of a visit, one for the bank and one for its agency. `pdf` is sealed
#: under the case's key: it names who was visited, and where.
report_table = Table(
    "report",
    metadata,
    Column("visit_id", Uuid, ForeignKey("visit.id"), primary_key=True),
    Column("for_agency", Boolean, primary_key=True),
    Column("part", Integer, nullable=False),
    Column("pdf", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
