"""When a visit was over, and what of its recording was found missing."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.Uuid(), sa.ForeignKey("visit.id"), primary_key=True),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.Column("wait_until", MOMENT),
        sa.Column("judged_at", MOMENT),
    )
    op.create_table(
        "recording_finding",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Uuid()),
        sa.Column("begins_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("superseded_at", MOMENT),
    )
    op.create_index("recording_finding_visit", "recording_finding", ["visit_id"])
