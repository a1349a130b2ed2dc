"""Calls for help that are not of the caller's own phone have a line of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("landed", sa.Column("by_another", sa.Uuid))
    op.create_index(
        "landed_by_another",
        "landed",
        ["by_another"],
        postgresql_where=sa.text("state = 'waiting' AND by_another IS NOT NULL"),
    )
