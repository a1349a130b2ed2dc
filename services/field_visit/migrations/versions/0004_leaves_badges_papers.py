"""What may be used once, the code on the badge, the letter to hand over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "leave",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.Uuid()),
        sa.Column("used_person", sa.Uuid()),
        sa.Column("used_for", sa.Text()),
        sa.Column("used_from", sa.DateTime(timezone=True)),
        sa.Column("used_until", sa.DateTime(timezone=True)),
    )
    op.create_index("leave_case", "leave", ["case_id"])
    op.create_index("leave_used_by", "leave", ["used_by"])
    op.add_column("visit", sa.Column("badge", postgresql.JSONB()))
    op.add_column("visit", sa.Column("badge_blind", sa.Text()))
    op.add_column("visit", sa.Column("paper_id", sa.Uuid()))
    op.add_column("visit", sa.Column("paper_template", sa.Text()))
    op.add_column("visit", sa.Column("paper_how", sa.Text()))
    op.create_index("visit_badge", "visit", ["badge_blind"], unique=True)
    op.create_index("visit_paper", "visit", ["paper_template"])
    op.add_column("visit", sa.Column("wait_until", sa.DateTime(timezone=True)))
    waits = sa.text("wait_until IS NOT NULL")
    op.create_index("visit_waits", "visit", ["wait_until"], postgresql_where=waits)
