"""The tables of the keyring, the one store that services share.

Retention: a key lives as long as its case or person, its tombstone and the note of its
shredding for ever, a legal hold too, a master key's row as long as keys are wrapped by it.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="keyring")

#: The master keys in use; the one with the highest number wraps what is new.
master_table = Table(
    "master",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

#: One key a case or person. Without `wrapped` it is a tombstone: it was shredded, and
#: nothing is sealed under its id again. Without `master` it is wrapped by `master.key`,
#: as all were before there could be two.
key_table = Table(
    "key",
    metadata,
    Column("key_id", Uuid, primary_key=True),
    Column("wrapped", LargeBinary),
    Column("master", Text, ForeignKey(master_table.c.id)),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("key_master", key_table.c.master)

#: Who shredded a key, when and why; nothing in it is about the person it belonged to.
shredded_table = Table(
    "shredded",
    metadata,
    Column("key_id", Uuid, ForeignKey(key_table.c.key_id), primary_key=True),
    Column("shredded_at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

#: That an authority or a court has ordered a case to be kept: who put it, who lifted it and
#: why. `reference` is what the order is known by, sealed under the case's key.
legal_hold_table = Table(
    "legal_hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", JSONB, nullable=False),
    Column("put_at", DateTime(timezone=True), nullable=False),
    Column("put_by", Text, nullable=False),
    Column("lifted_at", DateTime(timezone=True)),
    Column("lifted_by", Text),
    Column("lifted_why", Text),
)
Index("legal_hold_key", legal_hold_table.c.key_id, legal_hold_table.c.put_at)
