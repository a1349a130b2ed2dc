"""Heads that are given away, tokens of time, and files that were deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "head_sent",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("why", sa.Text()),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
    )
    op.create_index("head_sent_next", "head_sent", ["next_at"])
    op.create_table(
        "timestamp",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False, unique=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("why", sa.Text()),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("stamped_at", sa.DateTime(timezone=True)),
        sa.Column("good_until", sa.DateTime(timezone=True)),
    )
    op.create_index("timestamp_next", "timestamp", ["next_at"])
    op.add_column("media", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.add_column("media", sa.Column("deleted_by", sa.Text()))
    op.add_column("media", sa.Column("deleted_why", sa.Text()))
    for copy in ("thumbnail", "stripped", "blurred"):
        op.create_index(f"media_{copy}", "media", [sa.text(f"(found ->> '{copy}')")])
