"""What is told of one file is found without reading that of all others of its visit."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TOPICS = "('field_visit.media_inspected', 'field_visit.media_received')"


def upgrade() -> None:
    op.create_index(
        "timeline_files",
        "timeline",
        ["visit_id", sa.text("(data ->> 'media_id')")],
        postgresql_where=sa.text(f"topic IN {TOPICS}"),
    )
