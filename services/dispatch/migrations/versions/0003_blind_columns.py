"""Find cases by their debtor. Cases of before are found once they are sent anew."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COLUMNS = ("name_blind", "id_number_blind", "card_number_blind")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("debt_case", sa.Column(column, sa.Text()))
        op.create_index(f"ix_debt_case_{column}", "debt_case", [column])
