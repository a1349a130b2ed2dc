"""Danger at doors: who does not go there again, and what the bank has reported."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "danger",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("debt_case.id"), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("people", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("clauses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("report_by", moment, nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("file_number", postgresql.JSONB()),
        sa.Column("reported_at", moment),
        sa.Column("reported_by", sa.Text()),
    )
    op.create_index("danger_case", "danger", ["case_id"])
