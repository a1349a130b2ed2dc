"""The doors into workforce. Nothing is decided here."""

from chassis.entrypoints import Service, answers
from chassis.operations import only
from chassis.unit import Unit
from proto.base import Role
from proto.workforce import (
    DeviceShown,
    EnrolDevice,
    RegisterAgencies,
    RegisterDevices,
    Registered,
    RegisterPeople,
    RevokeDevice,
)
from services.workforce import handlers, store


class Workforce(Service):
    name = "workforce"

    @answers(RegisterAgencies, may=only(Role.BANK_OFFICER))
    def register_agencies(self, command: RegisterAgencies, unit: Unit) -> Registered:
        return handlers.register_agencies(command, unit)

    @answers(RegisterPeople, may=only(Role.BANK_OFFICER))
    def register_people(self, command: RegisterPeople, unit: Unit) -> Registered:
        return handlers.register_people(command, unit)

    @answers(RegisterDevices, may=only(Role.BANK_OFFICER))
    def register_devices(self, command: RegisterDevices, unit: Unit) -> Registered:
        return handlers.register_devices(command, unit)

    @answers(EnrolDevice, may=handlers.holder)
    def enrol_device(self, command: EnrolDevice, unit: Unit) -> DeviceShown:
        return handlers.enrol_device(command, unit)

    @answers(RevokeDevice, may=handlers.keeper, gather=store.gather)
    def revoke_device(self, command: RevokeDevice, unit: Unit) -> DeviceShown:
        return handlers.revoke_device(command, unit)
