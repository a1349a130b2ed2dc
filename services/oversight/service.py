"""The doors into oversight. Nothing is decided here."""

from chassis.entrypoints import Service, hears
from chassis.unit import Unit
from proto.field_visit import (
    BreachRecorded,
    CheckInNotAllowed,
    EntryNotAllowed,
    TalkNotAllowed,
)
from services.oversight import handlers


class Oversight(Service):
    name = "oversight"

    @hears(CheckInNotAllowed)
    def note_check_in(self, event: CheckInNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(TalkNotAllowed)
    def note_talk(self, event: TalkNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(EntryNotAllowed)
    def note_entry(self, event: EntryNotAllowed, unit: Unit) -> None:
        handlers.note(event, unit)

    @hears(BreachRecorded)
    def note_breach(self, event: BreachRecorded, unit: Unit) -> None:
        handlers.note(event, unit)
