"""Which visits are to be looked at by now."""

from datetime import datetime

from sqlalchemy import Connection, select

from services.field_visit.model import Visit, visit_table
from services.field_visit.store.doors import complete, visit_of

#: Visits that are looked at in one look; if there are more, the next one follows at once.
MOST = 500


def to_look_at(connection: Connection, now: datetime) -> list[Visit]:
    """The visits whose time has come, with what happened at their doors, locked.

    Whom somebody holds is looked at in a minute.
    """
    table = visit_table
    due = select(table).where(table.c.look_at <= now).order_by(table.c.look_at)
    rows = connection.execute(due.limit(MOST).with_for_update(skip_locked=True))
    found = [visit_of(row) for row in rows]
    complete(connection, found)
    return found
