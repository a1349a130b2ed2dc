"""Positions that journals noted: found by who looks at them, and let go."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NOTED = "kind IN ('position', 'at_the_gate')"
SHIFTS = "kind IN ('shift_started', 'shift_ended')"


def upgrade() -> None:
    op.add_column("journal", sa.Column("evidence", sa.Text()))
    for name, columns, which in (
        ("journal_noted", ["device_id", "at"], f"{NOTED} AND visit_id IS NULL"),
        ("journal_shifts", ["device_id", "seq"], SHIFTS),
        (
            "journal_kept",
            ["received_at"],
            f"{NOTED} AND fact ? 'sealed' AND evidence IS NULL",
        ),
    ):
        op.create_index(name, "journal", columns, postgresql_where=sa.text(which))
