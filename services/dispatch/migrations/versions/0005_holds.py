"""Holds by reason, with an owner and a review day; doors that are closed.

A case that was held before is held for the same reason, is answered for by the duty desk,
and is reviewed the day after this was run; what a bank officer held for a complaint counts
as the bank's decision, since there is no complaint whose end would lift it. Cases of before
share their door with no other.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

#: `ids.named("account", "duty desk")`
DUTY_DESK = "0b0adb20-5713-589a-a635-b7559673326f"
TOMORROW = "(now() AT TIME ZONE 'Asia/Shanghai')::date + 1"
MOVE = f"""
INSERT INTO hold (id, case_id, reason, owner_id, review_on, falls_on, placed_at, placed_by)
SELECT gen_random_uuid(), id,
       CASE held_because WHEN 'complaint' THEN 'bank_decision' ELSE held_because END,
       '{DUTY_DESK}', {TOMORROW}, {TOMORROW}, now(), 'migration'
FROM debt_case WHERE state = 'held' AND held_because IS NOT NULL
"""
#: The order by which each case reminds itself of the review.
REMIND = """
INSERT INTO outbox (event_id, subject, envelope, due_at)
SELECT id, case_id::text, jsonb_build_object(
         'specversion', '1.0', 'id', id, 'source', 'doorstep/dispatch',
         'type', 'later.dispatch.hold_review_falls', 'subject', case_id,
         'time', now(), 'datacontenttype', 'application/json', 'sequence', 0,
         'by', 'migration', 'trace', replace(id::text, '-', ''),
         'data', jsonb_build_object(
           'case_id', case_id, 'reason', reason, 'review_on', review_on)),
       (review_on + time '09:00') AT TIME ZONE 'Asia/Shanghai'
FROM hold
"""


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("falls_on", sa.Date(), nullable=False),
        sa.Column("hardships", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.Column("lifted_by", sa.Text()),
        sa.ForeignKeyConstraint(["case_id"], ["debt_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    still_open = sa.text("lifted_at IS NULL")
    columns = ["case_id", "reason"]
    op.create_index("hold_open", "hold", columns, unique=True, postgresql_where=still_open)
    op.execute(MOVE)
    op.execute(REMIND)
    op.drop_column("debt_case", "held_because")
    op.add_column("debt_case", sa.Column("opened_by", sa.Uuid()))
    op.add_column(
        "debt_case",
        sa.Column("address_open", sa.Boolean(), nullable=False, server_default="true"),
    )
    op.add_column("debt_case", sa.Column("plan", postgresql.JSONB()))
    op.add_column("debt_case", sa.Column("address_blind", sa.Text()))
    op.create_index("ix_debt_case_address_blind", "debt_case", ["address_blind"])
