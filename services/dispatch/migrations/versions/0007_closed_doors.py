"""The doors that are closed, found without reading all the cases that share one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    closed = sa.text("address_open IS false")
    columns = ["address_blind"]
    op.create_index("debt_case_closed_door", "debt_case", columns, postgresql_where=closed)
