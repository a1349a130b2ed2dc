"""The tables of dispatch."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

#: `debtor` and `address` are sealed; `entry` tells one content from another. The blind
#: columns find a case by its debtor and its door; shredding a case empties them, and
#: `entry`. `opened_by` is the account that took it in, and answers for it.
#: `liable` are the relatives who owe it too, each with a sealed name.
case_table = Table(
    "debt_case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("agency_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("books", ARRAY(Text), nullable=False),
    Column("debtor", JSONB, nullable=False),
    Column("address", JSONB, nullable=False),
    Column("amount", Numeric(14, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("overdue_since", Date, nullable=False),
    Column("entry", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_by", Uuid),
    Column("address_open", Boolean, nullable=False, server_default="true"),
    Column("plan", JSONB),
    Column("liable", JSONB, nullable=False, server_default="[]"),
    Column("name_blind", Text, index=True),
    Column("id_number_blind", Text, index=True),
    Column("card_number_blind", Text, index=True),
    Column("address_blind", Text, index=True),
)
Index(
    "debt_case_closed_door",
    case_table.c.address_blind,
    postgresql_where=case_table.c.address_open.is_(False),
)
#: What a case can be found by.
FINDABLE = ("name", "id_number", "card_number")
#: What it has a keyed hash of: all that, and its door.
BLIND = (*FINDABLE, "address")
#: What stands in `entry` when the case was shredded: no fingerprint equals it.
SHREDDED = "shredded"

#: A reason why nobody works a case: open until it is lifted, and then kept. `falls_on` is
#: the day its review falls due next; it was asked for so many `times`, last at `last_at`.
#: `hardships` are sealed, and the bank's to know.
hold_table = Table(
    "hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("debt_case.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("review_on", Date, nullable=False),
    Column("falls_on", Date, nullable=False),
    Column("hardships", JSONB, nullable=False, server_default="[]"),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("lifted_at", DateTime(timezone=True)),
    Column("lifted_by", Text),
)
Index("hold_case", hold_table.c.case_id)
Index(
    "hold_open",
    hold_table.c.case_id,
    hold_table.c.reason,
    unique=True,
    postgresql_where=hold_table.c.lifted_at.is_(None),
)

#: Danger at a door of a case, by the call for help: `people` do not go there again. The
#: bank reports it by `report_by`; `file_number` is sealed.
danger_table = Table(
    "danger",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("debt_case.id"), nullable=False),
    Column("visit_id", Uuid, nullable=False),
    Column("people", ARRAY(Uuid), nullable=False),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("report_by", DateTime(timezone=True), nullable=False),
    Column("outcome", Text),
    Column("file_number", JSONB),
    Column("reported_at", DateTime(timezone=True)),
    Column("reported_by", Text),
)
Index("danger_case", danger_table.c.case_id)

#: Where the debtor said they would be, when it is not at their door: used by one visit.
#: `words` are sealed, and emptied as soon as it is used or ends.
appointment_table = Table(
    "appointment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("debt_case.id"), nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("place_class", Text, nullable=False),
    Column("words", JSONB),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("used_by", Uuid),
    Column("ended_at", DateTime(timezone=True)),
)
Index("appointment_case", appointment_table.c.case_id)

#: `elsewhere` tells one place that a visit goes to by an appointment from another one, by
#: a keyed hash, until the appointment ends.
visit_plan_table = Table(
    "visit_plan",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("debt_case.id"), nullable=False),
    Column("collectors", ARRAY(Uuid), nullable=False),
    Column("letter_id", Uuid, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("paper", JSONB),
    # sealed; a visit planned before there were codes has none; beside it, once one of the
    # pair was swapped, whom it was planned for
    Column("badge", JSONB),
    Column("appointment_id", Uuid),
    Column("elsewhere", Text),
)
Index("visit_plan_case", visit_plan_table.c.case_id)
