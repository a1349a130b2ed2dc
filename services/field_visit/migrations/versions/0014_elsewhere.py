"""Visits that go where the debtor said they would be."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("visit", sa.Column("appointment_id", sa.Uuid()))
