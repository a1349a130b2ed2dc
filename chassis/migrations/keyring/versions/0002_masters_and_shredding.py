"""Which master key wraps a key, and which keys were shredded.

Keys of before name no master key: they are wrapped by `master.key`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "master",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column(
            "number", sa.BigInteger(), sa.Identity(always=True), nullable=False, unique=True
        ),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
    )
    op.alter_column("key", "wrapped", nullable=True)
    op.add_column("key", sa.Column("master", sa.Text(), sa.ForeignKey("master.id")))
    op.create_index("key_master", "key", ["master"])
    op.create_table(
        "shredded",
        sa.Column("key_id", sa.Uuid(), sa.ForeignKey("key.key_id"), primary_key=True),
        sa.Column("shredded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
