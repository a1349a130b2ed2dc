"""Hours outside the usual ones: named by the debtor, or vouched for by a supervisor."""

from uuid import UUID

from chassis.errors import Conflict, Invalid, NotFound
from chassis.operations import only
from chassis.unit import Unit
from proto import ids
from proto.base import Detail, Role, Sealed
from proto.facts import Appointment, Relation
from proto.field_visit import (
    AppointmentRecorded,
    HourSignedOff,
    SignOffHour,
    SwapPartner,
)
from proto.journal import Entry
from services.field_visit import store
from services.field_visit.handlers import judging, leaves, timers
from services.field_visit.model import (
    Due,
    Hour,
    LeaveKind,
    Visit,
    is_worth_keeping,
    visit_table,
)

#: What the debtor's words for another place are sealed for.
WHERE = "visit.where"


def use_hour(visit: Visit, unit: Unit) -> None:
    """Let the visit that came at a named hour have it for itself."""
    leave = visit.hour(unit.now)
    if leave and leave.used_by is None:
        leaves.use(leave, visit, "check_in", None, unit)


def keep_appointment(
    visit: Visit, fact: Appointment, device_id: UUID, entry: Entry, unit: Unit
) -> None:
    """Let a visit come at the hour that the debtor named, if it was the debtor (4.06 X2).

    It is kept while the pair is cleared to be there and before the hour has come: what
    arrives later proves nothing. The record names the phone's entry that says so, whose
    head the phone has signed. Where it is, if not here, is told to dispatch, sealed.
    """
    leave_id = ids.named("appointment", f"{visit.id}/{fact.place}/{fact.starts_at}")
    told_by_the_other = any(each.id == leave_id for each in visit.leaves)
    if told_by_the_other or not may_be_kept(visit, fact, unit):
        return
    hour = Hour(starts_at=fact.starts_at, ends_at=fact.ends_at, place=fact.place)
    its = hour.model_dump(mode="json") | {
        "proof": fact.proof,
        "device_id": str(device_id),
        "seq": entry.seq,
        "link": entry.link(),
        "by": unit.by,
    }
    kept = leaves.write(leave_id, LeaveKind.APPOINTMENT, visit.case_id, its, unit)
    visit.leaves.append(kept)
    told = fact.model_dump(exclude={"kind", "where"})
    told |= {"where": sealed_where(visit, fact, unit)}
    recorded = AppointmentRecorded(
        **judging.about(visit, unit), appointment_id=leave_id, **told
    )
    unit.emit(recorded, visit.case_id)
    ends = visit.due.get(Due.HOURS_END)
    here = fact.place == "here"
    if here and ends and fact.starts_at <= ends < fact.ends_at:  # who stays (S8)
        timers.start_hours(visit, unit, fact.ends_at)
        unit.change(visit_table, visit.id, **visit.row())


def may_be_kept(visit: Visit, fact: Appointment, unit: Unit) -> bool:
    """Tell whether the debtor, known to be that, named an hour to come while the pair may
    be there. Where they met by an appointment, "here" is no place that another may go to.
    """
    cleared = visit.cleared_until is not None and unit.now < visit.cleared_until
    door = visit.door
    debtor = door.person_met is Relation.DEBTOR and door.identified_at is not None
    nowhere = fact.place == "here" and visit.appointment_id is not None
    return cleared and debtor and not nowhere and is_worth_keeping(fact, unit.now)


def sealed_where(visit: Visit, fact: Appointment, unit: Unit) -> Sealed | None:
    """Seal where the debtor will be; of a shredded case nothing is left to be told."""
    if fact.where is None:
        return None
    try:
        return unit.keyring.seal(visit.case_id, WHERE, fact.where)
    except Conflict:
        return None


def boss_of(command: SignOffHour | SwapPartner, unit: Unit) -> None:
    """Raises Forbidden, and NotFound for a supervisor of another agency."""
    only(Role.SUPERVISOR)(command, unit)
    visit = store.visit(unit.shared, command.visit_id)
    if unit.asker is None or unit.asker.agency_id != visit.agency_id:
        raise NotFound("visit", visit.id)


def sign_off_hour(command: SignOffHour, unit: Unit) -> HourSignedOff:
    """Keep an hour that a supervisor vouches for, with the reason, sealed."""
    visit = store.visit(unit.shared, command.visit_id)
    wanted = Appointment(
        starts_at=command.starts_at, ends_at=command.ends_at, proof="signed"
    )
    if not is_worth_keeping(wanted, unit.now):
        raise Invalid("malformed", Detail(pointer="/starts_at", kind="hour-not-to-come"))
    leave_id = ids.named("hour", f"{visit.id}/{command.grant_id}")
    reason = unit.keyring.seal(visit.case_id, "leave.reason", command.reason)
    body = Hour(starts_at=command.starts_at, ends_at=command.ends_at)
    more = {"by": unit.by, "reason": reason.model_dump(mode="json")}
    if store.leave(unit.connection, leave_id) is None:
        its = body.model_dump(mode="json") | more
        leaves.write(leave_id, LeaveKind.HOUR, visit.case_id, its, unit)
    return HourSignedOff(grant_id=command.grant_id)
