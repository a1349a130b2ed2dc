"""What workforce does with each message."""

from collections import Counter
from collections.abc import Iterable

from chassis import signatures
from chassis.errors import Conflict, Forbidden, NotFound
from chassis.operations import only
from chassis.rows import refuse_twins, refuse_unknown
from chassis.unit import Unit
from proto.base import Role
from proto.canonical import canonical
from proto.workforce import (
    AgencyEntry,
    AgencyStanding,
    DeviceEntry,
    DeviceShown,
    DeviceStanding,
    DeviceState,
    EnrolDevice,
    PersonEntry,
    PersonStanding,
    RegisterAgencies,
    RegisterDevices,
    Registered,
    RegisterPeople,
    RevokeDevice,
    enrolment,
)
from services.workforce import store
from services.workforce.model import (
    Agency,
    Device,
    Person,
    agency_table,
    device_table,
    person_table,
)

NEW, CHANGED, SAME = "new", "changed", "same"


def register_agencies(command: RegisterAgencies, unit: Unit) -> Registered:
    entries = command.agencies
    refuse_twins("/agencies", [entry.agency_id for entry in entries])
    known = store.AGENCIES.all(unit.connection, [entry.agency_id for entry in entries])
    return tally(
        register_agency(entry, known.get(entry.agency_id), unit)
        for entry in unit.in_turns(entries)
    )


def register_agency(entry: AgencyEntry, known: Agency | None, unit: Unit) -> str:
    version = known.version + 1 if known else 1
    row = {"code": entry.code, "name": entry.name, "active": entry.active}
    if known and row.items() <= vars(known).items():
        return SAME
    if known:
        unit.change(agency_table, entry.agency_id, **row, version=version)
    else:
        unit.write(agency_table, id=entry.agency_id, **row, version=version)
    standing = AgencyStanding(
        agency_id=entry.agency_id, code=entry.code, active=entry.active, version=version
    )
    unit.emit(standing, entry.agency_id)
    return CHANGED if known else NEW


def register_people(command: RegisterPeople, unit: Unit) -> Registered:
    entries = command.people
    refuse_twins("/people", [entry.person_id for entry in entries])
    refuse_unknown(
        "/people/{}/agency_id",
        "unknown-agency",
        [entry.agency_id for entry in entries],
        store.AGENCIES.all(unit.connection, [entry.agency_id for entry in entries]),
    )
    ids = [entry.person_id for entry in entries]
    known = store.PEOPLE.all(unit.connection, ids)
    unit.keyring.make(ids)
    return tally(
        register_person(entry, known.get(entry.person_id), unit)
        for entry in unit.in_turns(entries)
    )


def register_person(entry: PersonEntry, known: Person | None, unit: Unit) -> str:
    print_ = unit.keyring.fingerprint(canonical(entry.model_dump(mode="json")).decode())
    if known and known.entry == print_:
        return SAME
    if known and known.agency_id != entry.agency_id:
        raise Conflict("key-known-otherwise", thing="person", key=entry.staff_no)
    certificate, version = entry.certificate, known.version + 1 if known else 1
    name = unit.keyring.seal(entry.person_id, "person.name", entry.name)
    row = {
        "agency_id": entry.agency_id,
        "staff_no": entry.staff_no,
        "name": name.model_dump(mode="json"),
        "entry": print_,
        "in_service": entry.in_service,
        "certificate_number": certificate and certificate.number,
        "certified_from": certificate and certificate.valid_from,
        "certified_until": certificate and certificate.valid_until,
        "version": version,
    }
    if known:
        unit.change(person_table, entry.person_id, **row)
    else:
        unit.write(person_table, id=entry.person_id, **row)
    unit.emit(person_standing(entry, version), entry.person_id)
    return CHANGED if known else NEW


def person_standing(entry: PersonEntry, version: int) -> PersonStanding:
    certificate = entry.certificate
    return PersonStanding(
        person_id=entry.person_id,
        agency_id=entry.agency_id,
        staff_no=entry.staff_no,
        in_service=entry.in_service,
        certified_from=certificate and certificate.valid_from,
        certified_until=certificate and certificate.valid_until,
        version=version,
    )


def register_devices(command: RegisterDevices, unit: Unit) -> Registered:
    entries = command.devices
    refuse_twins("/devices", [entry.device_id for entry in entries])
    refuse_unknown(
        "/devices/{}/person_id",
        "unknown-person",
        [entry.person_id for entry in entries],
        store.PEOPLE.all(unit.connection, [entry.person_id for entry in entries]),
    )
    known = store.DEVICES.all(unit.connection, [entry.device_id for entry in entries])
    return tally(
        register_device(entry, known.get(entry.device_id), unit)
        for entry in unit.in_turns(entries)
    )


def register_device(entry: DeviceEntry, known: Device | None, unit: Unit) -> str:
    if known is None:
        row = {"code": entry.code, "person_id": entry.person_id, "model": entry.model}
        registered = DeviceState.REGISTERED
        unit.write(device_table, id=entry.device_id, **row, state=registered, version=1)
        standing = DeviceStanding(
            device_id=entry.device_id,
            person_id=entry.person_id,
            state=registered,
            public_key=None,
            version=1,
        )
        unit.emit(standing, entry.device_id)
        return NEW
    if (known.code, known.person_id) != (entry.code, entry.person_id):
        raise Conflict("key-known-otherwise", thing="device", key=entry.code)
    if known.model != entry.model:  # nobody decides by it: no new standing
        unit.change(device_table, entry.device_id, model=entry.model)
        return CHANGED
    return SAME


def holder(command: EnrolDevice, unit: Unit) -> None:
    """Raises NotFound for whoever does not have the phone."""
    device = store.DEVICES.one(unit.shared, command.device_id)
    if unit.asker is None or unit.asker.person_id != device.person_id:
        raise NotFound("device", command.device_id)


def keeper(command: RevokeDevice, unit: Unit) -> None:
    """Raises Forbidden, and NotFound for a supervisor of another agency."""
    only(Role.SUPERVISOR, Role.BANK_OFFICER)(command, unit)
    device = store.DEVICES.one(unit.shared, command.device_id)
    agency_id = store.agency_of(unit.connection, device.person_id)
    asker = unit.asker
    if asker and asker.role is Role.SUPERVISOR and asker.agency_id != agency_id:
        raise NotFound("device", command.device_id)


def enrol_device(command: EnrolDevice, unit: Unit) -> DeviceShown:
    """Take the key a phone made, if it holds the key."""
    device = store.DEVICES.one(unit.shared, command.device_id)
    proof = enrolment(device.id, command.public_key)
    if not signatures.verifies(command.public_key, command.signature, proof):
        raise Forbidden("proof-does-not-fit", key=device.code)
    if device.enrol(command.public_key):
        save(device, unit)
    return shown(device)


def revoke_device(command: RevokeDevice, unit: Unit) -> DeviceShown:
    """Lock a phone out."""
    device = store.DEVICES.one(unit.shared, command.device_id)
    if device.revoke():
        save(device, unit, revoked_because=command.reason)
    return shown(device)


def save(device: Device, unit: Unit, **more: str) -> None:
    key = device.public_key and device.public_key.model_dump()
    row = {"state": device.state, "public_key": key, "version": device.version}
    unit.change(device_table, device.id, **row, **more)
    unit.emit(device_standing(device), device.id)


def device_standing(device: Device) -> DeviceStanding:
    return DeviceStanding(
        device_id=device.id,
        person_id=device.person_id,
        state=device.state,
        public_key=device.public_key,
        version=device.version,
    )


def shown(device: Device) -> DeviceShown:
    key = device.public_key
    return DeviceShown(
        device_id=device.id,
        state=device.state,
        thumbprint=key.thumbprint() if key else None,
    )


def tally(outcomes: Iterable[str]) -> Registered:
    return Registered(**Counter(outcomes))
