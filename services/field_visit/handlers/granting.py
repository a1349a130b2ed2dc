"""Which phones may send facts of a visit, should nobody be there to ask."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from chassis.errors import Conflict, NotFound
from chassis.unit import Unit
from proto.grants import GrantedPhone, GrantVisit, VisitGrant
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.model import Visit

#: How long after a visit's planned end its facts are taken on a grant: a phone that had
#: no signal, or an empty battery, is sent in by its pair the next working day.
LATE = timedelta(hours=24)


def note_phone(event: DeviceStanding, unit: Unit) -> None:
    """Keep whose a phone is, so that a person's phones are found."""
    store.note_phone(unit.connection, event.person_id, event.device_id)


def grant_visit(command: GrantVisit, unit: Unit) -> VisitGrant:
    """Name the enrolled phones of the pair, and their keys.

    It allows no act: facts alone are taken on it, and judged when they arrive here.
    Raises NotFound for others than the pair, Conflict when the visit is over.
    """
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    visit.refuse_closed()
    until = visit.not_after + LATE
    if unit.now >= until:
        told = visit.local(until).isoformat(timespec="minutes")
        raise Conflict("grant-too-late", key=str(visit.id), until=told)
    return granted(visit, phones_of(visit, unit), unit)


def phones_of(visit: Visit, unit: Unit) -> Iterable[DeviceStanding]:
    """Return the phones that the pair has or had."""
    device_ids = store.phones_of(unit.connection, visit.collectors)
    return unit.kept_all(DeviceStanding, device_ids).values()


def granted(visit: Visit, devices: Iterable[DeviceStanding], unit: Unit) -> VisitGrant:
    """Return the grant of a visit, by the phones that its pair has."""
    return VisitGrant(
        visit_id=visit.id,
        case_id=visit.case_id,
        agency_id=visit.agency_id,
        collectors=(visit.collectors[0], visit.collectors[1]),
        phones=enrolled(visit.collectors, devices),
        granted_at=unit.now,
        good_until=visit.not_after + LATE,
    )


def enrolled(
    people: Collection[UUID], devices: Iterable[DeviceStanding]
) -> tuple[GrantedPhone, ...]:
    """Return those of these phones that are these people's and sign for them."""
    return tuple(
        GrantedPhone(
            device_id=device.device_id,
            collector_id=device.person_id,
            public_key=device.public_key,
        )
        for device in devices
        if device.state is DeviceState.ENROLLED
        and device.public_key is not None
        and device.person_id in people
    )
