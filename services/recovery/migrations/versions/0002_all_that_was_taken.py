"""All that was taken at a visit so far, beside each sum."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    taken = sa.Column("taken", sa.Numeric(precision=14, scale=2), nullable=True)
    op.add_column("taking", taken)
    op.execute("UPDATE taking SET taken = amount")
    op.alter_column("taking", "taken", nullable=False)
