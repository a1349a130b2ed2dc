"""What landed while its service could not be asked, and the receipts for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "landed",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("visit_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("asker", postgresql.JSONB, nullable=False),
        sa.Column("command", postgresql.JSONB, nullable=False),
        sa.Column("landed_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("discarded_at", MOMENT),
        sa.Column("discarded_because", sa.Text),
        sa.CheckConstraint(
            "state IN ('waiting', 'refused', 'discarded')", name="landed_state_known"
        ),
    )
    op.create_index(
        "landed_waiting",
        "landed",
        ["device_id", "operation", "number"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "landing_receipt",
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("principal", sa.Uuid, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", "principal", "operation"),
    )
    op.create_index("landing_receipt_at", "landing_receipt", ["at"])
