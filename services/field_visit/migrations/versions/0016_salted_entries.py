"""What leads from an entry of a journal to its link when what it hid is gone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("journal", sa.Column("salt", sa.Text(), nullable=True))
    texts: postgresql.ARRAY[str] = postgresql.ARRAY(sa.Text())
    op.add_column("journal", sa.Column("hides", texts, nullable=True))
    op.add_column("journal", sa.Column("hidden", sa.Text(), nullable=True))
