"""Appointments at another place: kept while they live, used by one visit, forgotten.

Whoever reads or changes one holds the lock of its case.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from chassis.errors import Conflict
from chassis.unit import Unit
from proto.base import Detail
from proto.canonical import canonical
from proto.dispatch import (
    Address,
    CaseShown,
    CaseState,
    Elsewhere,
    EndAppointment,
    PlaceClass,
    VisitEntry,
)
from proto.field_visit import AppointmentRecorded
from services.dispatch import store
from services.dispatch.handlers.holding import shown
from services.dispatch.handlers.letting_go import end
from services.dispatch.model import ZONES, Appointment, appointment_table

#: What the debtor's words for the place are sealed for.
WHERE = "visit.where"


def keep_appointment(event: AppointmentRecorded, unit: Unit) -> None:
    """Keep where the debtor will be, when it is not at their door, until it is over.

    Nothing is kept of a case that nobody works, or that was held since it was said.
    """
    if event.place == "here" or event.ends_at <= unit.now:
        return
    case = store.case(unit.shared, event.case_id)
    held = store.held_since(unit.connection, case.id, event.at)
    if case.state is not CaseState.PLACED or held:
        return
    place_class = event.place_class or PlaceClass.UNKNOWN
    unit.write(
        appointment_table,
        id=event.appointment_id,
        case_id=case.id,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        place_class=place_class,
        words=event.where and event.where.model_dump(mode="json"),
        at=event.at,
    )
    over = EndAppointment(case_id=case.id, appointment_id=event.appointment_id)
    unit.later(event.ends_at, over, case.id)


def end_appointment(command: EndAppointment, unit: Unit) -> CaseShown:
    """Forget where an appointment was, now that its hour is over."""
    case = store.case(unit.shared, command.case_id)
    found = store.appointments(unit.connection, [command.appointment_id])
    for each in found.values():
        end(each, unit)
    return shown(case)


def not_there(
    pointer: str, entry: VisitEntry, found: Appointment | None, unit: Unit
) -> Iterator[Detail]:
    """Yield what keeps a new visit from going where it says: only the debtor's own word,
    of this case and good for that hour, lets it go anywhere but to the door.
    """
    there = entry.elsewhere
    if there is None:
        return
    key = {"key": str(there.appointment_id)}
    if entry.paper and entry.paper.how == "letterbox":
        yield Detail(pointer=f"{pointer}/paper/how", kind="letterbox-elsewhere")
    pointer = f"{pointer}/elsewhere"
    if there.zone not in ZONES:
        values = {"key": there.zone}
        yield Detail(pointer=f"{pointer}/zone", kind="unknown-zone", values=values)
    elif found is None:
        where = f"{pointer}/appointment_id"
        yield Detail(pointer=where, kind="unknown-appointment", values=key)
    elif not found.lives(unit.now):
        where = f"{pointer}/appointment_id"
        yield Detail(pointer=where, kind="appointment-over", values=key)
    elif not found.holds(entry):
        zone = ZoneInfo(there.zone)
        first, last = (at.astimezone(zone) for at in (found.starts_at, found.ends_at))
        hour = {"from": f"{first:%F %T}", "until": f"{last:%F %T}"}
        yield Detail(pointer=pointer, kind="outside-appointment", values=hour)


def refuse_used(appointment: Appointment | None) -> None:
    """Raises Conflict when another visit goes by it already: it is good for one."""
    if appointment and appointment.used_by is not None:
        raise Conflict("appointment-used", key=str(appointment.id))


def use(appointment: Appointment, entry: VisitEntry, unit: Unit) -> str | None:
    """Let one visit go by it; return the debtor's words, which it alone has from now on."""
    unit.change(appointment_table, appointment.id, used_by=entry.visit_id, words=None)
    if appointment.words is None:
        return None
    return unit.keyring.open(appointment.words, appointment.case_id, WHERE)


def address_there(there: Elsewhere, appointment: Appointment) -> Address:
    """Return where a visit goes by an appointment, as of the kind that was noted."""
    said = dict(there)
    del said["appointment_id"]
    return Address(**said, place_class=appointment.place_class)


def print_of(there: Elsewhere, unit: Unit) -> str:
    """Return what tells where a visit goes from any other place."""
    return unit.keyring.fingerprint(canonical(there.model_dump(mode="json")).decode())
