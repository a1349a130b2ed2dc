"""Where the debtor said they would be is forgotten as soon as nobody goes there by it."""

from uuid import UUID

from chassis import legal_hold
from chassis.unit import Unit
from services.dispatch import store
from services.dispatch.model import Appointment, appointment_table, visit_plan_table


def end_those_of(case_id: UUID, unit: Unit) -> None:
    """End what the debtor has named: the case is held, or nobody works it any more."""
    for each in store.live_appointments(unit.connection, case_id):
        end(each, unit)


def end(appointment: Appointment, unit: Unit) -> None:
    """Let no visit be planned by it any more, and forget where it was (16.04).

    Under a legal hold it is forgotten when that is lifted; both lock the case.
    """
    held = bool(legal_hold.standing(unit.connection, appointment.case_id))
    forgotten = {} if held else {"words": None}
    if appointment.ended_at is None:
        unit.change(appointment_table, appointment.id, **forgotten, ended_at=unit.now)
    if appointment.used_by is not None and not held:
        unit.change(visit_plan_table, appointment.used_by, elsewhere=None)
