"""The tables of seals: parts of visits, what they hide, corrections, erasures, the log."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.field_visit.model.tables import metadata

#: A sealed part of a visit. `head` is the text that was signed, `records` the digest of
#: the part's lines in the store of `chassis.media`, `count` and `last` say where the next
#: part goes on, `leaf` is its number in the log. Never changed, never removed.
seal_table = Table(
    "seal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("suite", Text, nullable=False),
    Column("head", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("records", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("last", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("leaf", BigInteger, nullable=False, unique=True),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("visit_id", "part", name="seal_part"),
)

#: What a part's records hide: lines of `data/disclosures.jsonl`, some at a time, sealed
#: under the case's key. Written by the worker before its seal is noted, and worth
#: something only once `seal_id` is a seal. `kind` is whether they go with the positions;
#: `for_bank`: an agency is not shown them. `evidence` says why positions stay.
#: `at` is when the visit was over: they go when the others of it go.
disclosure_table = Table(
    "disclosure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("seal_id", Uuid, nullable=False),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("for_bank", Boolean, nullable=False),
    Column("box", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("evidence", Text),
)
Index("disclosure_seal", disclosure_table.c.seal_id, disclosure_table.c.number)
Index("disclosure_visit", disclosure_table.c.visit_id)
Index(
    "disclosure_kept",
    disclosure_table.c.at,
    postgresql_where=(disclosure_table.c.kind == "position")
    & disclosure_table.c.evidence.is_(None),
)

#: What somebody says is otherwise than a visit's record has it, sealed.
correction_table = Table(
    "correction",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("person_id", Uuid),
    Column("text", JSONB, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("correction_visit", correction_table.c.visit_id)

#: What was erased of a visit's record after it was sealed, by whom, and why: a code.
#: `what` is `case`, `positions`, `file` or `lost`; of a file `sha256` says which.
erasure_table = Table(
    "erasure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("visit_id", Uuid, ForeignKey("visit.id"), nullable=False),
    Column("what", Text, nullable=False),
    Column("sha256", Text),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("erasure_visit", erasure_table.c.visit_id)
Index(
    "erasure_of_cases",
    erasure_table.c.at,
    postgresql_where=erasure_table.c.what == "case",
)

#: The log (RFC 6962): hashes of complete subtrees, leaves at level 0.
log_node_table = Table(
    "log_node",
    metadata,
    Column("level", Integer, primary_key=True),
    Column("index", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
)

#: Signed heads of the log. Each day one is `given_away`; the others are for copies.
tree_head_table = Table(
    "tree_head",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", Text, nullable=False),
    Column("suite", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("given_away", Boolean, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("tree_head_size", tree_head_table.c.size)
Index(
    "tree_head_given_away",
    tree_head_table.c.at,
    tree_head_table.c.id,
    postgresql_where=tree_head_table.c.given_away,
)
