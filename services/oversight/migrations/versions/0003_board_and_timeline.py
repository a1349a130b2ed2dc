"""The board, the timeline, and how far the stream was read for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

HOLDING = "topic IN ('dispatch.case_held', 'dispatch.case_resumed')"
INDICES = {
    "timeline_visit": (["visit_id", "at", "sequence", "event_id"], "visit_id IS NOT NULL"),
    "timeline_case": (["case_id", "at", "sequence", "event_id"], "case_id IS NOT NULL"),
    "timeline_holds": (["case_id", "sequence"], HOLDING),
}


def upgrade() -> None:
    op.create_table(
        "timeline",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("case_id", sa.Uuid()),
        sa.Column("agency_id", sa.Uuid()),
        sa.Column("clauses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    for name, (columns, where) in INDICES.items():
        op.create_index(name, "timeline", columns, postgresql_where=sa.text(where))
    make_the_board()
    op.create_table(
        "projection",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name="projection_is_one"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO projection VALUES (1, '0.-1', 1, '')")


def make_the_board() -> None:
    op.create_table(
        "board_visit",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("for_bank", postgresql.JSONB(), nullable=False),
        sa.Column("for_agency", postgresql.JSONB()),
        sa.PrimaryKeyConstraint("visit_id"),
    )
    soonest = ["day", "not_before", "visit_id"]
    op.create_index("board_visit_day", "board_visit", soonest)
    op.create_index("board_visit_agency", "board_visit", ["agency_id", *soonest])
