"""How often a hold was asked for, and when it last was.

A hold of before was asked for once, when it was placed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("hold", sa.Column("last_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE hold SET last_at = placed_at")
    op.alter_column("hold", "last_at", nullable=False)
    times = sa.Column("times", sa.Integer(), nullable=False, server_default="1")
    op.add_column("hold", times)
