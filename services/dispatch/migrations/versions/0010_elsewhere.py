"""Appointments at another place than the door, and the visits that go there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("debt_case.id"), nullable=False),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("place_class", sa.Text(), nullable=False),
        sa.Column("words", postgresql.JSONB()),
        sa.Column("at", moment, nullable=False),
        sa.Column("used_by", sa.Uuid()),
        sa.Column("ended_at", moment),
    )
    op.create_index("appointment_case", "appointment", ["case_id"])
    op.create_index("hold_case", "hold", ["case_id"])
    op.add_column("visit_plan", sa.Column("appointment_id", sa.Uuid()))
    op.add_column("visit_plan", sa.Column("elsewhere", sa.Text()))
