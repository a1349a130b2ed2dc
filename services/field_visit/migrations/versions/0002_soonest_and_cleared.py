"""All visits, soonest first, and whose pair may be at the door now."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("visit_soonest", "visit", ["not_before", "id"])
    op.create_index(
        "visit_cleared",
        "visit",
        ["cleared_until"],
        postgresql_where=sa.text("state = 'cleared'"),
    )
