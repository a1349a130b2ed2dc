"""The tables every service keeps beside its own, in its own schema.

Retention, kept by `chassis.housekeeping`: published outbox rows 30 days, inbox rows 45,
answers 400 and then until their month is over, jobs 30 after they were done. Ticks go
when they are published. Kept rows, sources and subjects live as long as what they tell
of; held-back rows until somebody has dealt with them, and discarded ones 400 days.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

NOW = func.now()

#: Events that were committed; the relay publishes them in the order of `id`, the urgent
#: ones first, those with `due_at` (and without a sequence) when their time has come.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger),
    Column("envelope", JSONB, nullable=False),
    Column("urgent", Boolean, nullable=False, server_default="false"),
    Column("due_at", DateTime(timezone=True)),
    Column("said_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("published_at", DateTime(timezone=True)),
    UniqueConstraint("subject", "sequence"),
)
UNPUBLISHED = outbox.c.published_at.is_(None)
NOT_DUE = outbox.c.due_at.is_(None)
Index(
    "outbox_unpublished",
    outbox.c.id,
    postgresql_where=UNPUBLISHED & NOT_DUE & outbox.c.urgent.is_(False),
)
Index(
    "outbox_urgent",
    outbox.c.id,
    postgresql_where=UNPUBLISHED & NOT_DUE & outbox.c.urgent.is_(True),
)
Index(
    "outbox_due",
    outbox.c.due_at,
    postgresql_where=UNPUBLISHED & outbox.c.due_at.is_not(None),
)
Index("outbox_published", outbox.c.published_at)

#: How many events of each subject there are; its row is the subject's lock.
subject = Table(
    "subject",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

#: Events whose effect is committed, so that a redelivery changes nothing.
inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
)

#: The newest standing of each thing that others own and we decide by.
kept = Table(
    "kept",
    metadata,
    Column("key", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("key", "topic"),
)

#: What was answered under an idempotency key, in monthly partitions by the time in the
#: key (a UUIDv7). `digest` is of the command's content, `about` the thing it locked;
#: `good_until` is that of a permit, `revoked_at` when it was taken back.
answered = Table(
    "answered",
    metadata,
    Column("key", Uuid, nullable=False),
    Column("principal", Uuid, nullable=False),
    Column("operation", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("about", Uuid),
    Column("reply", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("good_until", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("key", "principal", "operation"),
    postgresql_partition_by="RANGE (key)",
)
Index(
    "answered_permit", answered.c.about, postgresql_where=answered.c.good_until.is_not(None)
)

#: Events that could not take effect, and those of the same subject that came after
#: them, in the order of `position`. One that is parked or the bytes of a message nobody
#: could read (`raw`, sealed) wait for a person; a discarded one holds nobody up.
held_back = Table(
    "held_back",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("lane", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("envelope", JSONB),
    Column("raw", JSONB),
    Column("error", Text),
    Column("attempts", Integer, nullable=False),
    Column("held_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True)),
    Column("parked_at", DateTime(timezone=True)),
    Column("discarded_at", DateTime(timezone=True)),
    Column("discarded_because", Text),
)
OPEN = held_back.c.discarded_at.is_(None)
NOT_PARKED = held_back.c.parked_at.is_(None)
Index(
    "held_back_subject",
    held_back.c.subject,
    held_back.c.position,
    postgresql_where=OPEN,
)

Index(
    "held_back_due",
    held_back.c.next_at.nulls_first(),
    held_back.c.position,
    postgresql_where=OPEN & NOT_PARKED,
)
Index(
    "held_back_discarded",
    held_back.c.discarded_at,
    postgresql_where=held_back.c.discarded_at.is_not(None),
)

#: Until when we have heard everything that another service said, by its ticks.
source = Table(
    "source",
    metadata,
    Column("source", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("ticked_at", DateTime(timezone=True), nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("source", "lane"),
)

#: Work too long for a transaction. A worker holds a lease on it; `claim` is that lease's
#: number, and only the newest may end the job.
job = Table(
    "job",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("task", JSONB, nullable=False),
    Column("subject", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("run_at", DateTime(timezone=True), nullable=False),
    Column("claim", Integer, nullable=False, server_default="0"),
    Column("leased_until", DateTime(timezone=True)),
    Column("error", Text),
    Column("done_at", DateTime(timezone=True)),
    Column("failed_at", DateTime(timezone=True)),
)
Index(
    "job_waiting",
    job.c.run_at,
    postgresql_where=job.c.done_at.is_(None) & job.c.failed_at.is_(None),
)
Index("job_done", job.c.done_at, postgresql_where=job.c.done_at.is_not(None))
