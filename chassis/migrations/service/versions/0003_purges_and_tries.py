"""Indexes of what is purged by its age, and of what is due for another try."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("answered_other_at", "answered_other", ["at"])
    for name, table, column in (
        ("job_done", "job", "done_at"),
        ("held_back_discarded", "held_back", "discarded_at"),
    ):
        over = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], postgresql_where=over)
    op.create_index(
        "held_back_due",
        "held_back",
        [sa.text("next_at NULLS FIRST"), "position"],
        postgresql_where=sa.text("discarded_at IS NULL AND parked_at IS NULL"),
    )
