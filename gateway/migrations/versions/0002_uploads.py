"""Uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid, primary_key=True),
        *(
            sa.Column(name, sa.Uuid, nullable=False)
            for name in ("visit_id", "case_id", "agency_id", "person_id", "device_id")
        ),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("captured_at", moment, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("receipt", sa.Text),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("done_at", moment),
        sa.CheckConstraint("state IN ('open', 'done', 'ended')", name="upload_state"),
        sa.CheckConstraint("received BETWEEN 0 AND length", name="upload_received"),
        sa.CheckConstraint(
            "(state = 'done') = (receipt IS NOT NULL)", name="upload_receipt"
        ),
    )
    op.create_index("upload_of_person", "upload", ["person_id", "made_at"])
    op.create_index("upload_of_visit", "upload", ["visit_id"])
    open_ones = sa.text("state = 'open'")
    op.create_index("upload_open", "upload", ["expires_at"], postgresql_where=open_ones)
    op.create_index("upload_made", "upload", ["made_at"])
