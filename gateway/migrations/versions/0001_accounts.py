"""Accounts, sessions, the first-run token."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "account",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("matched", sa.Text, nullable=False, unique=True),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("agency_id", sa.Uuid),
        sa.Column("person_id", sa.Uuid),
        sa.Column("made_at", moment, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("refresh_hash", sa.LargeBinary, primary_key=True),
        sa.Column("family_id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("used_at", moment),
        sa.Column("revoked_at", moment),
    )
    op.create_index("session_of_family", "session", ["family_id"])
    op.create_index("session_of_account", "session", ["account_id", "ends_at"])
    op.create_table(
        "first_run",
        sa.Column("only", sa.SmallInteger, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.CheckConstraint('"only" = 1', name="first_run_only_one"),
    )
