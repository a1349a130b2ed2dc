"""When a visit is looked at, and for what; why it ended; what a call for help is about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("cause", sa.Text()),
        sa.Column("danger_at", moment),
        sa.Column("due", postgresql.JSONB(), nullable=False, server_default="{}"),
        sa.Column("look_at", moment),
    ):
        op.add_column("visit", column)
    op.execute(
        "UPDATE visit SET due = jsonb_build_object('met', wait_until),"
        " look_at = wait_until WHERE wait_until IS NOT NULL"
    )
    looked = sa.text("look_at IS NOT NULL")
    op.create_index("visit_looks", "visit", ["look_at"], postgresql_where=looked)
    op.add_column("help", sa.Column("details", postgresql.JSONB()))
    climbed = sa.Column("climbed", sa.Integer(), nullable=False, server_default="0")
    op.add_column("help", climbed)
