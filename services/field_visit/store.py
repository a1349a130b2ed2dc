"""Every query of field_visit. The locks are here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, false, select, tuple_

from chassis.errors import NotFound
from proto.base import Asker, Role, Sealed
from proto.field_visit import Ending, Fact, VisitState
from services.field_visit.model import (
    CheckedIn,
    Noted,
    Visit,
    checked_in_table,
    journal_table,
    visit_table,
)

FACT: TypeAdapter[Fact] = TypeAdapter(Fact)


def visit(connection: Connection, visit_id: UUID) -> Visit:
    """One visit with all that happened at its door, locked until the transaction ends."""
    query = select(visit_table).where(visit_table.c.id == visit_id)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NotFound("visit", visit_id)
    found = visit_of(row)
    complete(connection, [found])
    return found


def visits(
    connection: Connection, asker: Asker, after: UUID | None, limit: int
) -> list[Visit]:
    """The visits somebody may see, soonest first; not locked."""
    table = visit_table
    query = seen_by(asker).order_by(table.c.not_before, table.c.id).limit(limit)
    if after:
        last = select(table.c.not_before, table.c.id).where(table.c.id == after)
        query = query.where(tuple_(table.c.not_before, table.c.id) > last.scalar_subquery())
    found = [visit_of(row) for row in connection.execute(query)]
    complete(connection, found)
    return found


def shown_visit(connection: Connection, asker: Asker, visit_id: UUID) -> Visit:
    """One visit, if the asker may see it; not locked."""
    row = connection.execute(seen_by(asker).where(visit_table.c.id == visit_id)).first()
    if row is None:
        raise NotFound("visit", visit_id)
    found = visit_of(row)
    complete(connection, [found])
    return found


def seen_by(asker: Asker) -> Select[Any]:
    """Collectors see their own visits, supervisors their agency's, two bank roles all."""
    query, table = select(visit_table), visit_table
    match asker.role:
        case Role.FIELD_COLLECTOR:
            return query.where(table.c.collectors.contains([asker.person_id]))
        case Role.SUPERVISOR:
            return query.where(table.c.agency_id == asker.agency_id)
        case Role.BANK_OFFICER | Role.COMPLIANCE:
            return query
    return query.where(false())


def complete(connection: Connection, found: Sequence[Visit]) -> None:
    """Add to each visit who checked in and what the journals say."""
    by_id = {each.id: each for each in found}
    table = checked_in_table
    here = select(table).where(table.c.visit_id.in_(by_id)).order_by(table.c.at, table.c.id)
    for row in connection.execute(here):
        by_id[row.visit_id].here.append(
            CheckedIn(
                row.id,
                row.collector_id,
                row.device_id,
                row.distance_m,
                row.accuracy_m,
                row.present_at,
            )
        )
    for visit_id, noted in facts(connection, list(by_id)):
        by_id[visit_id].facts.append(noted)


def facts(connection: Connection, visit_ids: list[UUID]) -> list[tuple[UUID, Noted]]:
    """What the journals say of these visits, in the order it arrived."""
    table = journal_table
    query = select(table.c.visit_id, table.c.fact, table.c.at, table.c.counts)
    query = query.where(table.c.visit_id.in_(visit_ids)).order_by(table.c.number)
    return [
        (row.visit_id, Noted(FACT.validate_python(row.fact), row.at, row.counts))
        for row in connection.execute(query)
    ]


def links(connection: Connection, device_id: UUID, since: int) -> dict[int, str]:
    """The links of a phone's entries from `since` on, and of its very last one."""
    table = journal_table
    mine = select(table.c.seq, table.c.link).where(table.c.device_id == device_id)
    last = mine.order_by(table.c.seq.desc()).limit(1)
    rows = connection.execute(mine.where(table.c.seq >= since).union(last))
    return {row.seq: row.link for row in rows}


def visit_of(row: Row[Any]) -> Visit:
    values = dict(row._mapping)
    values |= {
        "collectors": tuple(row.collectors),
        "books": tuple(row.books),
        "place": Sealed.model_validate(row.place),
        "sheet": Sealed.model_validate(row.sheet),
        "state": VisitState(row.state),
        "ending": row.ending and Ending(row.ending),
    }
    return Visit(**values)
