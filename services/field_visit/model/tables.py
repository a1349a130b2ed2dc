"""The tables of field visits."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

#: `place` and `sheet` are sealed under the case's key.
visit_table = Table(
    "visit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("collectors", ARRAY(Uuid), nullable=False),
    Column("letter_id", Uuid, nullable=False),
    Column("place", JSONB, nullable=False),
    Column("sheet", JSONB, nullable=False),
    Column("zone", Text, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("books", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("cleared_until", DateTime(timezone=True)),
    Column("entry_reason", Text),
    Column("entry_from", DateTime(timezone=True)),
    Column("entry_until", DateTime(timezone=True)),
    Column("ending", Text),
)
Index("visit_case", visit_table.c.case_id)
Index("visit_letter", visit_table.c.letter_id)
Index("visit_soonest", visit_table.c.not_before, visit_table.c.id)
Index("visit_agency", visit_table.c.agency_id, visit_table.c.not_before)
Index("visit_collectors", visit_table.c.collectors, postgresql_using="gin")

#: `presence` is the signed presence, sealed: where a person stood is personal.
checked_in_table = Table(
    "checked_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("collector_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("distance_m", Float, nullable=False),
    Column("accuracy_m", Float, nullable=False),
    Column("present_at", DateTime(timezone=True), nullable=False),
    Column("presence", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("checked_in_visit", checked_in_table.c.visit_id)

#: The phones' journals. `number` is the order of arrival. The signature stands with
#: the last entry of the batch it was made over. `counts`: it may speak for the pair.
journal_table = Table(
    "journal",
    metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("prev", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("fact", JSONB, nullable=False),
    Column("signature", Text),
    Column("counts", Boolean, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
)
Index("journal_visit", journal_table.c.visit_id, journal_table.c.number)

#: What was asked, what was known (no names), and what was answered.
decision_table = Table(
    "decision",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("decision", JSONB, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("decision_visit", decision_table.c.visit_id, decision_table.c.at)
