"""Complaints land as well: of no visit, and of no phone."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for column in ("visit_id", "device_id"):
        op.alter_column("landed", column, nullable=True)
