"""The doors into complaints. Nothing is decided here."""

from chassis.entrypoints import Service, hears
from chassis.unit import Unit
from proto.dispatch import CaseStanding
from proto.field_visit import CollectorsArrived
from services.complaints import handlers


class Complaints(Service):
    name = "complaints"
    keeps = (CaseStanding,)

    @hears(CollectorsArrived)
    def note_visit(self, event: CollectorsArrived, unit: Unit) -> None:
        handlers.note_visit(event, unit)
