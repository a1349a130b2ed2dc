"""Scores of positions, what was found, what was said to it; positions that go."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    let_positions_go()
    op.create_index("media_sha256", "media", ["sha256"])
    op.create_table(
        "score",
        *of_a_collector(),
        sa.Column("combined", sa.Float(), nullable=False),
        sa.Column("fixes", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("score_visit", "score", ["visit_id"])
    op.create_table(
        "finding",
        *of_a_collector(),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("numbers", postgresql.JSONB(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("superseded_at", MOMENT),
    )
    op.create_index("finding_visit", "finding", ["visit_id"])
    op.create_table(
        "finding_reply",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("finding_id", sa.Uuid(), sa.ForeignKey("finding.id"), nullable=False),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("text", postgresql.JSONB(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("finding_reply_visit", "finding_reply", ["visit_id"])


def let_positions_go() -> None:
    op.alter_column("checked_in", "presence", nullable=True)
    op.add_column("checked_in", sa.Column("evidence", sa.Text()))
    kept = sa.text("presence IS NOT NULL AND evidence IS NULL")
    op.create_index("checked_in_kept", "checked_in", ["at"], postgresql_where=kept)


def of_a_collector() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=False),
    )
