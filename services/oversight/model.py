"""The audit record: what was refused, and what was done against the rules."""

from sqlalchemy import Column, DateTime, Index, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()

#: One refusal or breach, with the decision that names the clauses.
finding_table = Table(
    "finding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("visit_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("decision_id", Uuid, nullable=False),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("finding_case", finding_table.c.case_id, finding_table.c.at)
