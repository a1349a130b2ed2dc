"""The tables of recovery. An amount is in the currency beside it, to the fen."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

#: One row a case, whose id it has: who changes anything about its cash holds this row.
#: `version` counts the standings of its authorities, `code_version` those of its payment
#: codes.
till_table = Table(
    "till",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("code_version", Integer, nullable=False, server_default="0"),
)

#: What a bank's officer asked, what was known (no names), and what was answered.
decision_table = Table(
    "decision",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("act", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("decision", JSONB, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("decision_case", decision_table.c.case_id, decision_table.c.at)

#: `asked_by` and `confirmed_by` are accounts; `decision_id` the newest that allowed it.
authority_table = Table(
    "authority",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("till.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("cap", Numeric(14, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("good_until", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_by", Uuid, nullable=False),
    Column("confirmed_by", Uuid),
    Column("decision_id", Uuid, ForeignKey("decision.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("authority_case", authority_table.c.case_id, authority_table.c.at)

#: Payment codes, sealed under the case's key, and by their digests: each is posted once. By
#: `version`, of the standing that told of it first, the newest of a case is the last.
payment_code_table = Table(
    "payment_code",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("till.id"), nullable=False),
    Column("code", JSONB, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("good_until", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("posted_by", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("payment_code_case", payment_code_table.c.case_id, payment_code_table.c.version)

#: What field_visit has let a pair take; its id is that decision's. `sheet` is sealed.
allowance_table = Table(
    "allowance",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("authority_id", Uuid, nullable=False),
    Column("collectors", ARRAY(Uuid), nullable=False),
    Column("amount", Numeric(14, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("good_until", DateTime(timezone=True), nullable=False),
    Column("sheet", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("allowance_case", allowance_table.c.case_id, allowance_table.c.at)

#: `issued_by` is the collector. An authority is spent on one receipt and no more. There
#: is no column for a fee. `pdf` is sealed under the case's key.
receipt_table = Table(
    "receipt",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("case_id", Uuid, ForeignKey("till.id"), nullable=False),
    Column("visit_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("authority_id", Uuid, ForeignKey("authority.id"), nullable=False, unique=True),
    Column("allowance_id", Uuid, ForeignKey("allowance.id"), nullable=False),
    Column("collectors", ARRAY(Uuid), nullable=False),
    Column("issued_by", Uuid, nullable=False),
    Column("amount", Numeric(14, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("bank_by", DateTime(timezone=True), nullable=False),
    Column("pdf", JSONB),
)
Index("receipt_case", receipt_table.c.case_id, receipt_table.c.at)

#: What was paid in of a receipt's cash: a slip is one part, and its id is made of it.
deposit_table = Table(
    "deposit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("receipt_id", Uuid, ForeignKey("receipt.id"), nullable=False),
    Column("amount", Numeric(14, 2), nullable=False),
    Column("slip", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("receipt_id", "slip"),
)

#: Money that a phone's journal says was taken, allowed or not; `taken` is all of the visit
#: by then.
taking_table = Table(
    "taking",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("amount", Numeric(14, 2), nullable=False),
    Column("taken", Numeric(14, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

#: Money that was left behind: an incident, never a payment.
incident_table = Table(
    "incident",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("visit_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("amount", Numeric(14, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("counted_by_both", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    Column("reported_late", Boolean, nullable=False),
    Column("outcome", Text),
    Column("settled_at", DateTime(timezone=True)),
)
Index("incident_case", incident_table.c.case_id, incident_table.c.at)

#: The last number that was drawn for a receipt, and its year.
series_table = Table(
    "series",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
)
