"""The doors into workforce. Nothing is decided here."""

from chassis.entrypoints import Service, answers
from chassis.unit import Unit
from proto.workforce import (
    DeviceShown,
    EnrolDevice,
    RegisterAgencies,
    RegisterDevices,
    Registered,
    RegisterPeople,
    RevokeDevice,
)
from services.workforce import handlers


class Workforce(Service):
    name = "workforce"

    @answers(RegisterAgencies)
    def register_agencies(self, command: RegisterAgencies, unit: Unit) -> Registered:
        return handlers.register_agencies(command, unit)

    @answers(RegisterPeople)
    def register_people(self, command: RegisterPeople, unit: Unit) -> Registered:
        return handlers.register_people(command, unit)

    @answers(RegisterDevices)
    def register_devices(self, command: RegisterDevices, unit: Unit) -> Registered:
        return handlers.register_devices(command, unit)

    @answers(EnrolDevice)
    def enrol_device(self, command: EnrolDevice, unit: Unit) -> DeviceShown:
        return handlers.enrol_device(command, unit)

    @answers(RevokeDevice)
    def revoke_device(self, command: RevokeDevice, unit: Unit) -> DeviceShown:
        return handlers.revoke_device(command, unit)
