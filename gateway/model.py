"""The gateway's own tables, and who an account may be.

Retention: an account stays; session rows go when their family has ended; the first-run
row goes with the first account; a landed row when its service has confirmed it, its
receipt and what a person discarded after 400 days; an upload 400 days after it was made.
The schema is `search_path`'s, never named here.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from proto.base import Role

metadata = MetaData()

#: Roles of people who work for an agency; the others are the bank's.
OF_AN_AGENCY = frozenset({Role.FIELD_COLLECTOR, Role.PHONE_COLLECTOR, Role.SUPERVISOR})
#: Roles of people whom workforce knows as a person.
A_PERSON = frozenset({Role.FIELD_COLLECTOR, Role.PHONE_COLLECTOR})

#: Who may sign in. `matched` is the name as it is compared; `password` is argon2id's own
#: text form, parameters and salt included.
account = Table(
    "account",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("matched", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("agency_id", Uuid),
    Column("person_id", Uuid),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

#: One row a refresh token, by its SHA-256. Each is good for one use; all that descend
#: from one sign-in share its `family_id` and its end.
session = Table(
    "session",
    metadata,
    Column("refresh_hash", LargeBinary, primary_key=True),
    Column("family_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
)
Index("session_of_family", session.c.family_id)
Index("session_of_account", session.c.account_id, session.c.ends_at)

#: The one token that may make the first account, by its SHA-256; at most one row.
first_run = Table(
    "first_run",
    metadata,
    Column("only", SmallInteger, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    CheckConstraint('"only" = 1', name="first_run_only_one"),
)

#: What landed and its service has not confirmed. `number` is the order of arrival, of a
#: phone's facts (not of its files) that of commit; `command` is sealed under the key of
#: its case, `asker` are ids. A complaint is of no visit and no phone, and its `case_id` is
#: that of its own key. Nobody hands it on before `next_at`. A refused one says why
#: in `problem`. `by_another`: the account that called for help on a phone that is not its
#: own.
landed = Table(
    "landed",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Uuid, nullable=False),
    Column("operation", Text, nullable=False),
    Column("visit_id", Uuid),
    Column("case_id", Uuid, nullable=False),
    Column("device_id", Uuid),
    Column("asker", JSONB, nullable=False),
    Column("command", JSONB, nullable=False),
    Column("landed_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("problem", Text),
    Column("discarded_at", DateTime(timezone=True)),
    Column("discarded_because", Text),
    Column("by_another", Uuid),
    CheckConstraint(
        "state IN ('waiting', 'refused', 'discarded')", name="landed_state_known"
    ),
)
WAITING = landed.c.state == "waiting"
LINE = (landed.c.device_id, landed.c.operation, landed.c.number)
Index("landed_waiting", *LINE, postgresql_where=WAITING)
OF_ANOTHER = landed.c.by_another.is_not(None)
Index(
    "landed_by_another",
    landed.c.by_another,
    postgresql_where=WAITING & OF_ANOTHER,
)

#: What was given for what landed, by the key it came under; it outlives the landed row,
#: so that the same key gives the same receipt. `digest` is of the command's content.
landing_receipt = Table(
    "landing_receipt",
    metadata,
    Column("key", Uuid, nullable=False),
    Column("principal", Uuid, nullable=False),
    Column("operation", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("key", "principal", "operation"),
)
Index("landing_receipt_at", landing_receipt.c.at)
#: A file of a visit on its way here, or here. `received` bytes of it are on disk, as a
#: partial file while it is `open`, in the store once it is `done`; an `ended` one says
#: `why`. `wanted` grows when another gateway waits for it to be let go.
upload = Table(
    "upload",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("device_id", Uuid, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("captured_at", DateTime(timezone=True), nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("wanted", Integer, nullable=False),
    Column("receipt", Text),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('open', 'done', 'ended')", name="upload_state"),
    CheckConstraint("received BETWEEN 0 AND length", name="upload_received"),
    CheckConstraint("(state = 'done') = (receipt IS NOT NULL)", name="upload_receipt"),
)
Index("upload_of_person", upload.c.person_id, upload.c.made_at)
Index("upload_of_visit", upload.c.visit_id)
Index("upload_open", upload.c.expires_at, postgresql_where=upload.c.state == "open")
Index("upload_made", upload.c.made_at)
