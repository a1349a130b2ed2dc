"""The tables every service keeps beside its own, in its own schema.

Retention: published outbox rows may be purged at any time, inbox rows after 45 days;
kept rows live as long as the thing they are the standing of. Nothing purges yet.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

#: Events that were committed; the relay publishes them in the order of `id`.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("envelope", JSONB, nullable=False),
    Column("published_at", DateTime(timezone=True)),
    UniqueConstraint("subject", "sequence"),
)
Index("outbox_unpublished", outbox.c.id, postgresql_where=outbox.c.published_at.is_(None))

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
    Column("topic", Text, primary_key=True),
    Column("key", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
)
