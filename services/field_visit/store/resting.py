"""Which visits rest on a standing that speaks against them."""

from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    false,
    select,
)

from chassis import clock
from proto.base import Standing
from proto.complaints import WorkStanding
from proto.contact import ThirdPartyStanding
from proto.dispatch import CaseStanding
from proto.field_visit import (
    VisitState,
)
from proto.letters import AuthorisationStanding, TemplateStanding
from proto.recovery import CashStanding, PaymentCodeStanding
from proto.workforce import AgencyStanding, DeviceStanding, PersonStanding
from services.field_visit.model import (
    Visit,
    leave_table,
    visit_table,
)
from services.field_visit.store.doors import completed, visit_of
from services.field_visit.store.locking import leave_of

#: No permit outlives the time its visit was planned for by more, and no two clocks of
#: ours differ by more.
AROUND = timedelta(days=1)
#: A phone that was out of reach may tell as late as this of a visit that is over.
OF_LATE = timedelta(days=7)


def resting(connection: Connection, standing: Standing) -> list[Visit]:
    """The open visits planned for around now which rest on this, locked.

    Also those whose pair is not cleared: one that checks in at this moment is waited for,
    and found as it leaves the visit.
    """
    table, now = visit_table, clock.now()
    soon, open_ = table.c.not_after > now - AROUND, table.c.state != VisitState.CLOSED
    return found(connection, standing, soon & open_)


def resting_of_late(connection: Connection, standing: Standing) -> list[Visit]:
    """Those, and the visits of the last days that are over, locked: what was done there
    may be told of only now, and is judged by when it was.
    """
    late = visit_table.c.not_after > clock.now() - OF_LATE
    return found(connection, standing, late)


def found(
    connection: Connection, standing: Standing, which: ColumnElement[bool]
) -> list[Visit]:
    table = visit_table
    soon = table.c.not_before < clock.now() + AROUND
    query = select(table).where(on(standing), soon, which)
    rows = connection.execute(query.order_by(table.c.id).with_for_update())
    visits = [visit_of(row) for row in rows]
    used = select(leave_table).where(leave_table.c.used_by.in_([v.id for v in visits]))
    ordered = used.order_by(leave_table.c.at, leave_table.c.id).with_for_update()
    if visits:
        leaves = [leave_of(row) for row in connection.execute(ordered)]
        for visit in visits:
            visit.leaves = [one for one in leaves if one.used_by == visit.id]
    if isinstance(standing, DeviceStanding):
        visits = completed(connection, visits)
        visits = [each for each in visits if each.has_phone(standing.device_id)]
    return visits


def on(standing: Standing) -> ColumnElement[bool]:
    """Which visits may rest on it. A phone is only ever of one collector."""
    table = visit_table
    match standing:
        case CaseStanding() | WorkStanding() | CashStanding() | ThirdPartyStanding():
            return table.c.case_id == standing.case_id
        case PaymentCodeStanding():
            return table.c.case_id == standing.case_id
        case TemplateStanding():
            return table.c.paper_template == standing.template
        case AgencyStanding():
            return table.c.agency_id == standing.agency_id
        case AuthorisationStanding():
            return table.c.letter_id == standing.letter_id
        case PersonStanding() | DeviceStanding():
            return table.c.collectors.contains([standing.person_id])
    return false()
