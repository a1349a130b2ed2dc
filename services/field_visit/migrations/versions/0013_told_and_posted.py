"""What phones were told, and who posted; the end of what waits, and of old visits."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

MOMENT = sa.DateTime(timezone=True)
#: Until now an anchor that came with a pack was known by the version of its id.
OF_PACKS = "UPDATE anchor SET told_of = 'its_day' WHERE substr(id::text, 15, 1) = '5'"
#: What had begun before visits were looked at (0009) is looked at after its planned end;
#: how long after that it is closed, its books say then.
RUN_OUT = """
UPDATE visit SET
    due = due || jsonb_build_object('run_out', not_after),
    look_at = least(look_at, not_after)
WHERE state IN ('arriving', 'cleared', 'leaving') AND NOT due ? 'run_out'
"""


def upgrade() -> None:
    told_of = sa.Column("told_of", sa.Text(), nullable=False, server_default="the_time")
    op.add_column("anchor", told_of)
    op.execute(OF_PACKS)
    op.add_column("irregularity", sa.Column("posted_by", sa.Uuid()))
    op.create_index(
        "journal_ahead_old",
        "journal_ahead",
        ["received_at"],
        postgresql_where=sa.text("joined_at IS NULL"),
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("refusal_visit", "refusal", ["visit_id", "person_id"])
    op.execute(RUN_OUT)
