"""The code on the badge of a visit, and the letter it hands over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in ("paper", "badge"):
        op.add_column("visit_plan", sa.Column(column, postgresql.JSONB()))
