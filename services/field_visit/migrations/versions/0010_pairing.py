"""What the phones of a pair agree upon."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Give every visit that is still to be made a nonce.

    Whoever plans one without knowing of it, as the code of before does, is given one by
    the default; set after the column is added, that rewrites no table.
    """
    op.add_column("visit", sa.Column("nonce", sa.Uuid()))
    op.alter_column("visit", "nonce", server_default=sa.text("gen_random_uuid()"))
    op.execute("UPDATE visit SET nonce = gen_random_uuid() WHERE state <> 'closed'")
