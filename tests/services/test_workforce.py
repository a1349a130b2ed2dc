"""Agencies, people and phones."""

from types import SimpleNamespace

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from chassis.signatures import sign
from proto import ids
from proto.base import Role
from proto.workforce import (
    DeviceStanding,
    DeviceState,
    EnrolDevice,
    PersonStanding,
    RegisterAgencies,
    RegisterDevices,
    Registered,
    RegisterPeople,
    RevokeDevice,
    enrolment,
)
from services.workforce import handlers
from tests.acting import Phone, person
from tests.services.conftest import topics


@pytest.fixture
def agency(unit):
    """One agency, one collector, one phone that is registered."""
    them = SimpleNamespace(id=ids.new(), phone=Phone(ids.new()))
    entry = {"agency_id": them.id, "code": f"a-{them.id.hex}", "name": "海港"}
    one = unit("workforce")
    handlers.register_agencies(RegisterAgencies(agencies=[entry]), one)
    one.settle()
    people = RegisterPeople(people=[person(them.phone.person_id, them.id)])
    handlers.register_people(people, two := unit("workforce"))
    two.settle()
    handlers.register_devices(devices(them.phone), three := unit("workforce"))
    three.settle()
    return them


def devices(phone: Phone) -> RegisterDevices:
    entry = {
        "device_id": phone.device_id,
        "code": f"d-{phone.device_id.hex}",
        "person_id": phone.person_id,
        "model": "work phone",
    }
    return RegisterDevices(devices=[entry])


def enrol(phone: Phone) -> EnrolDevice:
    proof = enrolment(phone.device_id, phone.public_key)
    return EnrolDevice(
        device_id=phone.device_id,
        public_key=phone.public_key,
        signature=sign(phone.private, proof),
    )


def test_registering_twice_says_nothing_new(agency, unit) -> None:
    again = unit("workforce")
    people = RegisterPeople(people=[person(agency.phone.person_id, agency.id)])

    assert handlers.register_people(people, again) == Registered(same=1)
    assert topics(again) == []


def test_a_certificate_that_changes_is_a_new_version_without_the_name(agency, unit) -> None:
    changed = unit("workforce")
    entry = person(agency.phone.person_id, agency.id, certificate=None)

    reply = handlers.register_people(RegisterPeople(people=[entry]), changed)

    assert reply == Registered(changed=1)
    standing = PersonStanding.model_validate(changed.said[0].data)
    assert (standing.version, standing.certified_until) == (2, None)
    assert standing.urgent()  # it takes away what was allowed, as a hold does
    assert "周小川" not in changed.said[0].model_dump_json()


def test_people_of_nobody_are_refused_by_row(agency, unit) -> None:
    rows = [person(ids.new(), agency.id), person(ids.new(), ids.new())]

    with pytest.raises(Invalid) as refusal:
        handlers.register_people(RegisterPeople(people=rows), unit("workforce"))

    assert [(d.pointer, d.kind) for d in refusal.value.details] == [
        ("/people/1/agency_id", "unknown-agency")
    ]


def test_a_list_that_names_somebody_twice_is_refused(agency, unit) -> None:
    row = person(ids.new(), agency.id)

    with pytest.raises(Invalid) as refusal:
        handlers.register_people(RegisterPeople(people=[row, row]), unit("workforce"))

    assert [d.pointer for d in refusal.value.details] == ["/people/1"]


def test_a_phone_enrols_its_own_key_once(agency, unit) -> None:
    mine = unit("workforce", Role.FIELD_COLLECTOR, agency.id, agency.phone.person_id)
    shown = handlers.enrol_device(enrol(agency.phone), mine)
    mine.settle()

    assert shown.state is DeviceState.ENROLLED
    standing = DeviceStanding.model_validate(mine.said[0].data)
    assert standing.public_key == agency.phone.public_key
    again = unit("workforce", Role.FIELD_COLLECTOR, agency.id, agency.phone.person_id)
    assert handlers.enrol_device(enrol(agency.phone), again) == shown
    assert topics(again) == []


def test_another_model_of_the_same_phone_is_brought_up_to_date(agency, unit) -> None:
    (entry,) = devices(agency.phone).devices
    newer = RegisterDevices(devices=[entry.model_copy(update={"model": "newer"})])
    changed = handlers.register_devices(newer, one := unit("workforce"))
    one.settle()

    assert changed == Registered(changed=1)
    assert handlers.register_devices(newer, unit("workforce")) == Registered(same=1)


def test_a_second_key_is_refused(agency, unit) -> None:
    mine = ("workforce", Role.FIELD_COLLECTOR, agency.id, agency.phone.person_id)
    handlers.enrol_device(enrol(agency.phone), one := unit(*mine))
    one.settle()
    other = Phone(agency.phone.person_id, agency.phone.device_id)

    with pytest.raises(Conflict, match="device-has-key"):
        handlers.enrol_device(enrol(other), unit(*mine))


def test_nobody_enrols_the_phone_of_somebody_else(agency, unit) -> None:
    stranger = unit("workforce", Role.FIELD_COLLECTOR, agency.id, ids.new())

    with pytest.raises(NotFound):
        handlers.holder(enrol(agency.phone), stranger)


def test_a_key_that_the_phone_does_not_hold_is_refused(agency, unit) -> None:
    mine = unit("workforce", Role.FIELD_COLLECTOR, agency.id, agency.phone.person_id)
    stolen = enrol(agency.phone).model_copy(
        update={"public_key": Phone(agency.phone.person_id).public_key}
    )

    with pytest.raises(Forbidden, match="proof-does-not-fit"):
        handlers.enrol_device(stolen, mine)


def test_a_revoked_phone_stays_revoked(agency, unit) -> None:
    order = RevokeDevice(device_id=agency.phone.device_id, reason="lost")
    handlers.revoke_device(order, one := unit("workforce", Role.SUPERVISOR, agency.id))
    one.settle()

    assert topics(one) == ["workforce.device_standing"]
    mine = unit("workforce", Role.FIELD_COLLECTOR, agency.id, agency.phone.person_id)
    with pytest.raises(Conflict, match="device-revoked"):
        handlers.enrol_device(enrol(agency.phone), mine)


def test_a_supervisor_cannot_revoke_the_phone_of_another_agency(agency, unit) -> None:
    order = RevokeDevice(device_id=agency.phone.device_id, reason="spite")

    with pytest.raises(NotFound):
        handlers.keeper(order, unit("workforce", Role.SUPERVISOR, ids.new()))
