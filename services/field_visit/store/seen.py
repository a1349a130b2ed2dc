"""What people may see of visits, without a lock."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Select,
    false,
    select,
    tuple_,
)

from chassis.errors import NotFound
from proto import ids
from proto.base import Asker, Role
from services.field_visit.model import (
    Visit,
    visit_table,
)
from services.field_visit.store.doors import complete, look_past, visit_of


def by_badge(connection: Connection, blind: str) -> Visit | None:
    """The visit whose pair wears the badges with this code; not locked.

    With all that happened at its door, and the other visits to its case; both are asked
    for also where there is none.
    """
    row = connection.execute(
        select(visit_table).where(visit_table.c.badge_blind == blind)
    ).first()
    if row is None:
        look_past(connection)
        siblings(connection, ids.new(), ids.new())
        return None
    found = visit_of(row)
    complete(connection, [found])
    found.siblings = siblings(connection, found.case_id, found.id)
    return found


def siblings(connection: Connection, case_id: UUID, visit_id: UUID) -> list[Visit]:
    """The other visits to a case; not locked, and without what happened at their doors."""
    table = visit_table.c
    query = select(visit_table).where(table.case_id == case_id, table.id != visit_id)
    return [visit_of(row) for row in connection.execute(query)]


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
