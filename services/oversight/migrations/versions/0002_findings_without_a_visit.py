"""Findings that are about no visit, no agency, or have no decision."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in ("visit_id", "agency_id", "decision_id"):
        op.alter_column("finding", column, nullable=True)
