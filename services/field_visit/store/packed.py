"""A collector's visits of a day, with all that is known of them; nothing is locked."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from chassis.prepared import ask, written
from services.field_visit.model import Visit, leave_table, visit_table
from services.field_visit.store.doors import complete
from services.field_visit.store.locking import VISITS, leave_of, with_siblings

#: No clock on a wall is further from any other.
AROUND = timedelta(hours=27)
#: More than anybody visits on three days.
MOST = 300
SEEN = written(VISITS)


def planned_around(connection: Connection, person_id: UUID, now: datetime) -> list[Visit]:
    """The visits of a collector that are planned for around now, soonest first: each with
    the others to its case, what may be used once, and what happened.
    """
    table = visit_table.c
    near = table.not_before < now + AROUND, table.not_after > now - AROUND
    query = (
        select(table.id)
        .where(table.collectors.contains([person_id]), *near)
        .order_by(table.not_before, table.id)
    )
    ids = list(connection.scalars(query.limit(MOST)))
    if not ids:
        return []
    all_of_them = with_siblings(ask(connection, SEEN, {"ids": ids}))
    found = [all_of_them[each] for each in ids]
    complete(connection, found)
    give_leaves(connection, found)
    return found


def give_leaves(connection: Connection, found: list[Visit]) -> None:
    """Give each visit what may be used once by it."""
    cases = {each.case_id for each in found}
    query = select(leave_table).where(leave_table.c.case_id.in_(cases))
    rows = connection.execute(query.order_by(leave_table.c.at, leave_table.c.id))
    leaves = [leave_of(row) for row in rows]
    for visit in found:
        visit.leaves = [one for one in leaves if one.case_id == visit.case_id]
