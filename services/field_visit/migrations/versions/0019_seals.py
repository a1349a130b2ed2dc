"""Visits are sealed: parts, what they hide, corrections, erasures, and the log of seals.

Visits that were closed before are sealed by what there is, at the next look. Nobody noted
who of their pairs had checked out, so `left_by` is null; nor when, but of recordings.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

WHEN = sa.DateTime(timezone=True)
OF_A_VISIT = ("visit_id", "visit.id")
#: What is known of visits that are over by now.
OF_BEFORE = (
    "UPDATE visit SET left_by = NULL, look_at = now(),"
    " closed_at = (SELECT ended_at FROM recording WHERE recording.id = visit.id),"
    " due = due || jsonb_build_object('seal', now())"
    " WHERE state = 'closed'"
)


def upgrade() -> None:
    seals()
    hidden()
    told()
    log()
    visits()


def visit_id() -> sa.Column[object]:
    return sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False)


def seals() -> None:
    op.create_table(
        "seal",
        sa.Column("id", sa.Uuid(), primary_key=True),
        visit_id(),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", WHEN, nullable=False),
        sa.UniqueConstraint("leaf"),
        sa.UniqueConstraint("visit_id", "part", name="seal_part"),
    )


def hidden() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("seal_id", sa.Uuid(), nullable=False),
        visit_id(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("for_bank", sa.Boolean(), nullable=False),
        sa.Column("box", postgresql.JSONB(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("evidence", sa.Text()),
    )
    op.create_index("disclosure_seal", "disclosure", ["seal_id", "number"])
    op.create_index("disclosure_visit", "disclosure", ["visit_id"])
    kept = sa.text("kind = 'position' AND evidence IS NULL")
    op.create_index("disclosure_kept", "disclosure", ["at"], postgresql_where=kept)


def told() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        visit_id(),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("text", postgresql.JSONB(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
    )
    op.create_index("correction_visit", "correction", ["visit_id"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), primary_key=True),
        visit_id(),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
    )
    op.create_index("erasure_visit", "erasure", ["visit_id"])
    cases = sa.text("what = 'case'")
    op.create_index("erasure_of_cases", "erasure", ["at"], postgresql_where=cases)


def log() -> None:
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("index", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "tree_head",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("given_away", sa.Boolean(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
    )
    op.create_index("tree_head_size", "tree_head", ["size"])
    given = sa.text("given_away")
    op.create_index(
        "tree_head_given_away", "tree_head", ["at", "id"], postgresql_where=given
    )


def visits() -> None:
    nobody = sa.text("'{}'")
    op.add_column(
        "visit",
        sa.Column(
            "left_by", postgresql.ARRAY(sa.Uuid()), nullable=True, server_default=nobody
        ),
    )
    op.add_column("visit", sa.Column("closed_at", WHEN))
    parts = sa.Column("parts", sa.Integer(), nullable=False, server_default="0")
    op.add_column("visit", parts)
    op.execute(OF_BEFORE)
