"""Why a case is held."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("debt_case", sa.Column("held_because", sa.Text))
