"""What is given out of the house: tree heads to those who keep them, and heads to a
timestamp authority. Kept for ever: it proves who was told what, and when.
"""

from enum import StrEnum

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid

from services.field_visit.model.tables import metadata

#: What a worker is asked to do about either.
GIVE = "give_heads"


class Sent(StrEnum):
    """How far one head is with one place."""

    WAITING = "waiting"  # it does not have it
    UNKNOWN = "unknown"  # it may have it: somebody was giving it, or the connection broke
    OTHERWISE = "otherwise"  # it has something else under the name: an alarm
    SENT = "sent"
    WITHDRAWN = "withdrawn"  # the place is named no more


#: One head for one place. `next_at` is when it is tried (again), absent once it is not.
head_sent_table = Table(
    "head_sent",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("head", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wanted_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True)),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("why", Text),
    Column("sent_at", DateTime(timezone=True)),
)
Index("head_sent_next", head_sent_table.c.next_at)

#: A head's text and the token over it, once there is one: the whole answer of the
#: authority, which says `stamped_at`; its certificate ends at `good_until`.
timestamp_table = Table(
    "timestamp",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),
    Column("wanted_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True)),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("why", Text),
    Column("token", LargeBinary),
    Column("stamped_at", DateTime(timezone=True)),
    Column("good_until", DateTime(timezone=True)),
)
Index("timestamp_next", timestamp_table.c.next_at)
