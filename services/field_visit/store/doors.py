"""What happened at the doors of visits: who checked in, and the phones' journals."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Connection,
    DateTime,
    Float,
    Row,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    null,
    nulls_first,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.prepared import ask, written
from proto import ids
from proto.base import Sealed
from proto.facts import Fact
from proto.field_visit import (
    Cause,
    Ending,
    VisitState,
)
from services.field_visit.model import (
    MATTERS,
    SEALED,
    CheckedIn,
    Due,
    Noted,
    Visit,
    ahead_table,
    checked_in_table,
    head_table,
    journal_table,
    visit_table,
)

FACT: TypeAdapter[Fact] = TypeAdapter(Fact)
# Statements of every check-in are made once: to build one costs as much as to run it.
THESE = bindparam("ids", type_=ARRAY(Uuid))
#: The phones of the pair on which a shift has begun and not ended.
BEGUN = (
    select(
        visit_table.c.id,
        head_table.c.duty_at,
        *[cast(None, kind) for kind in (Uuid, Uuid)],
        head_table.c.id,
        *[cast(None, kind) for kind in (Float, Float)],
        cast(literal_column("'{}'"), JSONB),
        cast(None, Boolean),
        cast(None, DateTime(timezone=True)),
        cast(None, BigInteger),
    )
    .join_from(
        visit_table, head_table, head_table.c.person_id == visit_table.c.collectors.any_()
    )
    .where(visit_table.c.id == THESE.any_(), head_table.c.on_duty)
)
#: What of a journal a door is made of; thousands of positions are not.
KINDS = ", ".join(f"'{fact.model_fields['kind'].default}'" for fact in MATTERS)
MATTER = literal_column(
    "journal.kind IS DISTINCT FROM 'position'"  # so that an index is found
    f" AND (journal.kind IN ({KINDS}) OR journal.kind IS NULL)",
    Boolean,
)
DOUBTS = ahead_table.c.joined_at.is_(None) & ahead_table.c.doubt.is_not(None)
#: Whose shift has begun and who checked in, then what the journals say, each in the order
#: it arrived, then what speaks against the pair and waits for what lies before it.
HAPPENED = written(
    union_all(
        select(
            checked_in_table.c.visit_id,
            checked_in_table.c.present_at.label("at"),
            checked_in_table.c.id,
            checked_in_table.c.collector_id,
            checked_in_table.c.device_id,
            checked_in_table.c.distance_m,
            checked_in_table.c.accuracy_m,
            cast(null(), JSONB).label("fact"),
            cast(None, Boolean).label("counts"),
            checked_in_table.c.at.label("since"),
            cast(None, BigInteger).label("number"),
        ).where(checked_in_table.c.visit_id == THESE.any_()),
        select(
            journal_table.c.visit_id,
            func.greatest(
                journal_table.c.earliest,
                func.least(
                    journal_table.c.at, journal_table.c.received_at, journal_table.c.latest
                ),
            ).label("at"),
            *[cast(None, kind) for kind in (Uuid, Uuid)],
            journal_table.c.device_id,
            *[cast(None, kind) for kind in (Float, Float)],
            journal_table.c.fact,
            journal_table.c.counts,
            cast(None, DateTime(timezone=True)),
            journal_table.c.number,
        ).where(journal_table.c.visit_id == THESE.any_(), MATTER),
        select(
            ahead_table.c.visit_id,
            func.least(ahead_table.c.at, ahead_table.c.received_at),
            *[cast(None, kind) for kind in (Uuid, Uuid)],
            ahead_table.c.device_id,
            *[cast(None, kind) for kind in (Float, Float)],
            ahead_table.c.doubt,
            ahead_table.c.counts,
            ahead_table.c.received_at,
            literal_column("9223372036854775807"),
        ).where(ahead_table.c.visit_id == THESE.any_(), DOUBTS),
        BEGUN,
    ).order_by(nulls_first(column("number")), column("since"), column("id"))
)


def completed(connection: Connection, found: Sequence[Visit]) -> list[Visit]:
    """These visits with all that happened at their doors; each is completed once."""
    complete(connection, [each for each in found if not (each.here or each.facts)])
    return list(found)


def complete(connection: Connection, found: Sequence[Visit]) -> None:
    """Add to each visit whose shift has begun, who checked in, what the journals say."""
    if not found:
        return
    by_id = {each.id: each for each in found}
    for each in found:
        each.shifts = frozenset()
    for row in ask(connection, HAPPENED, {"ids": list(by_id)}):
        visit = by_id[row.visit_id]
        if row.fact is not None and row.number is None:
            visit.heed_shift(row.device_id, True, row.at)
        elif row.fact is None:
            here = CheckedIn(
                row.id,
                row.collector_id,
                row.device_id,
                row.distance_m,
                row.accuracy_m,
                row.at,
            )
            visit.here.append(here)
        else:
            fact = FACT.validate_python(without_seal(row.fact))
            visit.facts.append(Noted(fact, row.at, row.counts, row.device_id))


def look_past(connection: Connection) -> None:
    """Ask the same of a visit that there is not: it takes as long."""
    ask(connection, HAPPENED, {"ids": [ids.new()]})


def without_seal(kept: dict[str, Any]) -> dict[str, Any]:
    """Return a fact as it is read at a door: what the bank alone may know stays sealed."""
    return {name: value for name, value in kept.items() if name != SEALED}


def places(connection: Connection, visit_id: UUID) -> dict[UUID, Sealed]:
    """Where each collector checked in at a visit, sealed, by the collector."""
    table = checked_in_table
    query = select(table.c.collector_id, table.c.presence).where(
        table.c.visit_id == visit_id, table.c.presence.is_not(None)
    )
    rows = connection.execute(query)
    return {row.collector_id: Sealed.model_validate(row.presence) for row in rows}


def visit_of(row: Row[Any]) -> Visit:
    values = row._asdict()
    values.pop("leaves", None)
    values.pop("of_case", None)
    for name in ("wait_until", "look_at"):
        del values[name]
    values |= {
        "badge": Sealed.model_validate(row.badge) if row.badge else None,
        "collectors": tuple(row.collectors),
        "books": tuple(row.books),
        "left_by": None if row.left_by is None else tuple(row.left_by),
        "place": Sealed.model_validate(row.place),
        "sheet": Sealed.model_validate(row.sheet),
        "state": VisitState(row.state),
        "ending": row.ending and Ending(row.ending),
        "cause": row.cause and Cause(row.cause),
        "due": {Due(what): datetime.fromisoformat(at) for what, at in row.due.items()},
    }
    return Visit(**values)
