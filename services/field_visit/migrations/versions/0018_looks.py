"""Who looked at what was taken at a door and why, and what photos say of themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

#: Photos of before have no blurred copy, and nobody is shown one that is sharp instead:
#: a worker looks at each again, the newest first, ten in a second at the most.
LOOK_AGAIN = """
INSERT INTO job (id, kind, task, subject, by, trace, run_at)
SELECT gen_random_uuid(), 'inspect_photo',
       jsonb_build_object('media_id', media.id, 'visit_id', media.visit_id,
                          'media_type', media.media_type, 'sha256', media.sha256),
       visit.case_id::text, 'doorstep', 'urn:uuid:' || gen_random_uuid(),
       now() + row_number() OVER (ORDER BY media.received_at DESC) * interval '100 ms'
FROM media JOIN visit ON visit.id = media.visit_id
WHERE media.kind = 'photo' AND media.found ->> 'stripped' IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "access",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("access_visit", "access", ["visit_id", "at"])
    op.create_table(
        "picture",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("likeness", sa.BigInteger(), nullable=True),
        *(sa.Column(f"band{each}", sa.Integer(), nullable=True) for each in range(4)),
        sa.Column("place", postgresql.JSONB(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("exif", sa.Boolean(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=True),
        sa.Column("editor", sa.Text(), nullable=True),
        sa.Column("screen", sa.Text(), nullable=True),
        sa.Column("retouched", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("picture_visit", "picture", ["visit_id"])
    op.create_index("picture_device", "picture", ["device_id", "captured_at"])
    for each in range(4):
        op.create_index(
            f"picture_band{each}",
            "picture",
            [f"band{each}", "captured_at"],
            postgresql_where=sa.text(f"band{each} IS NOT NULL"),
        )
    op.create_index(
        "picture_placed",
        "picture",
        ["received_at"],
        postgresql_where=sa.text("place IS NOT NULL AND evidence IS NULL"),
    )
    op.execute(LOOK_AGAIN)
