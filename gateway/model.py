"""The gateway's own tables, and who an account may be.

Retention: an account stays; session rows go when their family has ended; the first-run
row goes with the first account. The schema is `search_path`'s, never named here.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

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
