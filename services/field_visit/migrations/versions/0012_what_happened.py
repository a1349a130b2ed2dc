"""What happened at a door is found without reading the thousand positions around it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index(
        "journal_happened",
        "journal",
        ["visit_id", "number"],
        postgresql_where=sa.text("kind IS DISTINCT FROM 'position'"),
    )
