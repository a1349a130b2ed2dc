"""Grey cells of photos: one picture saved anew is told from another of the same door."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

#: Photos of before are looked at again for it, the newest first, ten in a second at the
#: most: an old photo is what somebody would send anew.
LOOK_AGAIN = """
INSERT INTO job (id, kind, task, subject, by, trace, run_at)
SELECT gen_random_uuid(), 'inspect_photo',
       jsonb_build_object('media_id', media.id, 'visit_id', media.visit_id,
                          'media_type', media.media_type, 'sha256', media.sha256),
       picture.case_id::text, 'doorstep', 'urn:uuid:' || gen_random_uuid(),
       now() + row_number() OVER (ORDER BY media.received_at DESC) * interval '100 ms'
FROM media JOIN picture ON picture.id = media.id
WHERE picture.likeness IS NOT NULL AND media.deleted_at IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "grey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("likeness", sa.BigInteger(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("grey_case", "grey", ["case_id", "captured_at"])
    op.execute(LOOK_AGAIN)
