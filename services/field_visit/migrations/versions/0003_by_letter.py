"""Visits by the letter they rest on; who is cleared is found by what they rest on."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("visit_letter", "visit", ["letter_id"])
    op.drop_index("visit_cleared", "visit")
