"""Journals that arrive in parts: heads, what waits, what is odd, verdicts and anchors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.alter_column("journal", "visit_id", nullable=True)
    for column in (
        sa.Column("boot_id", sa.Uuid()),
        sa.Column("elapsed_ms", sa.BigInteger()),
        sa.Column("satellite_at", MOMENT),
        sa.Column("earliest", MOMENT),
        sa.Column("latest", MOMENT),
        sa.Column("kind", sa.Text()),
    ):
        op.add_column("journal", column)
    heads()
    ahead()
    odd()
    judged()
    op.create_table(
        "anchor",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("anchor_device", "anchor", ["device_id", "at"])
    op.create_index("anchor_old", "anchor", ["at"])


def heads() -> None:
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("duty_at", MOMENT),
        sa.Column("clock", postgresql.JSONB(), nullable=False),
    )
    op.create_index("journal_head_person", "journal_head", ["person_id"])


def ahead() -> None:
    op.create_table(
        "journal_ahead",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id")),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("entry", postgresql.JSONB(), nullable=False),
        sa.Column("doubt", postgresql.JSONB()),
        sa.Column("signature", sa.Text()),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("joined_at", MOMENT),
    )
    op.create_index(
        "journal_ahead_waits",
        "journal_ahead",
        ["device_id", "seq"],
        postgresql_where=sa.text("joined_at IS NULL"),
    )
    op.create_index(
        "journal_ahead_doubts",
        "journal_ahead",
        ["visit_id"],
        postgresql_where=sa.text("joined_at IS NULL AND doubt IS NOT NULL"),
    )


def odd() -> None:
    op.create_table(
        "irregularity",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("raw", postgresql.JSONB()),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("irregularity_visit", "irregularity", ["visit_id", "number"])
    op.create_index("irregularity_device", "irregularity", ["device_id", "at"])


def judged() -> None:
    op.create_table(
        "verdict",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("clauses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decision_id", sa.Uuid()),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("verdict_visit", "verdict", ["visit_id", "device_id"])
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("visit_id", sa.Uuid(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_index("withdrawal_visit", "withdrawal", ["visit_id", "at"])
