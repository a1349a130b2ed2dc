"""What is banked of a receipt comes in parts, each with its slip.

A banking of nothing was possible, and is none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "deposit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("slip", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("receipt_id", "slip"),
    )
    op.execute(
        "INSERT INTO deposit (id, receipt_id, amount, slip, at) "
        "SELECT gen_random_uuid(), id, banked, slip, banked_at "
        "FROM receipt WHERE banked > 0"
    )
    for column in ("banked", "slip", "banked_at"):
        op.drop_column("receipt", column)
