"""Calls for help, and whose a phone is or was."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "help",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("collector_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("called_at", moment, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("acknowledged_at", moment),
        sa.Column("acknowledged_by", sa.Text()),
    )
    op.create_index("help_visit", "help", ["visit_id"])
    op.create_table(
        "phone",
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("device_id", sa.Uuid(), primary_key=True),
    )
    known = (
        "INSERT INTO phone SELECT (body->>'person_id')::uuid, key FROM kept"
        " WHERE topic = 'workforce.device_standing'"
    )
    op.execute(known)
