"""Reports of visits, drawn after each seal."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), primary_key=True),
        sa.Column("for_agency", sa.Boolean(), primary_key=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("pdf", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
