"""Relatives who owe a debt too, as the bank has said."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    liable = sa.Column("liable", postgresql.JSONB(), nullable=False, server_default="[]")
    op.add_column("debt_case", liable)
