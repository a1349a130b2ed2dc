"""Urgent and due events, answers under keys, held-back events, sources, jobs."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.partitions import ahead, create

revision = "0002"
down_revision = "0001"


def moment(name: str, nullable: bool = True, **more: Any) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, **more)


def upgrade() -> None:
    outbox()
    op.drop_constraint("kept_pkey", "kept", type_="primary")
    op.create_primary_key("kept_pkey", "kept", ["key", "topic"])
    answered()
    held_back()
    op.create_table(
        "source",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        moment("ticked_at", False),
        moment("heard_at", False),
        sa.PrimaryKeyConstraint("source", "lane"),
    )
    job()


def outbox() -> None:
    urgent = sa.Column("urgent", sa.Boolean, nullable=False, server_default="false")
    op.add_column("outbox", urgent)
    op.add_column("outbox", moment("due_at"))
    op.add_column("outbox", moment("said_at", False, server_default=sa.func.now()))
    op.alter_column("outbox", "sequence", nullable=True)
    op.drop_index("outbox_unpublished", "outbox")
    waiting = "published_at IS NULL AND due_at IS NULL AND urgent IS"
    for name, urgent_is in (("outbox_unpublished", "false"), ("outbox_urgent", "true")):
        where = sa.text(f"{waiting} {urgent_is}")
        op.create_index(name, "outbox", ["id"], postgresql_where=where)
    due = sa.text("published_at IS NULL AND due_at IS NOT NULL")
    op.create_index("outbox_due", "outbox", ["due_at"], postgresql_where=due)
    op.create_index("outbox_published", "outbox", ["published_at"])


def answered() -> None:
    op.create_table(
        "answered",
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("principal", sa.Uuid, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("about", sa.Uuid),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        moment("good_until"),
        moment("revoked_at"),
        moment("at", False),
        sa.PrimaryKeyConstraint("key", "principal", "operation"),
        postgresql_partition_by="RANGE (key)",
    )
    permits = sa.text("good_until IS NOT NULL")
    op.create_index("answered_permit", "answered", ["about"], postgresql_where=permits)
    op.execute("CREATE TABLE answered_other PARTITION OF answered DEFAULT")
    for month in ahead(datetime.now(UTC)):  # of real time, which the keys are made in
        op.execute(create(month))


def held_back() -> None:
    op.create_table(
        "held_back",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("envelope", JSONB),
        sa.Column("raw", JSONB),
        sa.Column("error", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        moment("held_at", False),
        moment("next_at"),
        moment("parked_at"),
        moment("discarded_at"),
        sa.Column("discarded_because", sa.Text),
    )
    op.create_index(
        "held_back_subject",
        "held_back",
        ["subject", "position"],
        postgresql_where=sa.text("discarded_at IS NULL"),
    )


def job() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("task", JSONB, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("trace", sa.Text, nullable=False),
        moment("run_at", False),
        sa.Column("claim", sa.Integer, nullable=False, server_default="0"),
        moment("leased_until"),
        sa.Column("error", sa.Text),
        moment("done_at"),
        moment("failed_at"),
    )
    op.create_index(
        "job_waiting",
        "job",
        ["run_at"],
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
