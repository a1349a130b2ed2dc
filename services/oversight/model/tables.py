"""The tables of oversight: the audit record, and the views that are made from the stream.

Findings are heard from a queue, one by one. The other tables are written by the projector
alone, and can be made again from the stream.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from proto.dispatch import CaseHeld, CaseResumed
from proto.field_visit import MediaInspected, MediaReceived

metadata = MetaData()

#: One refusal, breach or omission, by its event's topic, with the clauses against it.
#: What the bank's officers are refused is about no visit and no agency; what is left
#: undone, or done too late, was asked of nobody, and has no decision.
finding_table = Table(
    "finding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("visit_id", Uuid),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid),
    Column("decision_id", Uuid),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("finding_case", finding_table.c.case_id, finding_table.c.at)
#: What a finding is about besides its case, as far as its event says so.
ABOUT = ("visit_id", "agency_id", "decision_id")

#: What has happened at each visit and in each case: every event that names one, without
#: its sealed fields, kept for good as the audit record. `at` is when it happened, by
#: whoever says so; `said_at` when its service said it. `sequence` is its place among what
#: its source said of its subject; `generation` and `place` are its place in the stream.
timeline_table = Table(
    "timeline",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
    Column("topic", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("visit_id", Uuid),
    Column("case_id", Uuid),
    Column("agency_id", Uuid),
    Column("clauses", ARRAY(Text), nullable=False),
    Column("data", JSONB, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("place", BigInteger, nullable=False),
)
Index(
    "timeline_visit",
    *(timeline_table.c[name] for name in ("visit_id", "at", "sequence", "event_id")),
    postgresql_where=timeline_table.c.visit_id.is_not(None),
)
Index(
    "timeline_case",
    *(timeline_table.c[name] for name in ("case_id", "at", "sequence", "event_id")),
    postgresql_where=timeline_table.c.case_id.is_not(None),
)
#: By what the reasons to hold a case are found.
HOLDING = timeline_table.c.topic.in_([CaseHeld.topic(), CaseResumed.topic()])
Index(
    "timeline_holds",
    timeline_table.c.case_id,
    timeline_table.c.sequence,
    postgresql_where=HOLDING,
)

#: What is told of one file of a visit, of which there may be hundreds.
OF_FILES = timeline_table.c.topic.in_([MediaInspected.topic(), MediaReceived.topic()])
MEDIA_ID = timeline_table.c.data["media_id"].astext
Index("timeline_files", timeline_table.c.visit_id, MEDIA_ID, postgresql_where=OF_FILES)

#: A visit that was planned, as the board shows it: to the bank, and to its agency. Both
#: are made from the timeline, each from those events only that it may see. `day` is the
#: one its window begins on, by the wall clock at its door.
board_visit_table = Table(
    "board_visit",
    metadata,
    Column("visit_id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("for_bank", JSONB, nullable=False),
    Column("for_agency", JSONB),
)
Index(
    "board_visit_day",
    *(board_visit_table.c[name] for name in ("day", "not_before", "visit_id")),
)
Index(
    "board_visit_agency",
    *(board_visit_table.c[name] for name in ("agency_id", "day", "not_before", "visit_id")),
)

#: How far the stream was read: the one row changes with what it tells of. `generation`
#: grows when the stream begins anew. `made_by` tells by which code the board was made.
projection_table = Table(
    "projection",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("position", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("made_by", Text, nullable=False),
    CheckConstraint("id = 1", name="projection_is_one"),
)
