"""The doors into complaints. Nothing is decided here.

No order gathers: complaints are few, and each locks what only its own content tells of,
the complaint first and then the case. So each is a transaction of its own.
"""

from chassis.entrypoints import Service, answers, hears
from chassis.unit import Unit
from proto.complaints import (
    CloseComplaint,
    ComplainByBadge,
    ComplaintList,
    ComplaintShown,
    FileComplaint,
    Filed,
    ListComplaints,
    ShowComplaint,
)
from proto.dispatch import CaseStanding, VisitPlanned
from proto.field_visit import (
    CollectorsArrived,
    ComplaintHeard,
    PairSwapped,
)
from services.complaints import handlers


class Complaints(Service):
    name = "complaints"
    keeps = (CaseStanding,)

    @hears(VisitPlanned)
    def note_plan(self, event: VisitPlanned, unit: Unit) -> None:
        handlers.note_plan(event, unit)

    @hears(PairSwapped)
    def note_swap(self, event: PairSwapped, unit: Unit) -> None:
        handlers.note_swap(event, unit)

    @hears(CollectorsArrived)
    def note_visit(self, event: CollectorsArrived, unit: Unit) -> None:
        handlers.note_visit(event, unit)

    @hears(ComplaintHeard)
    def note_spoken(self, event: ComplaintHeard, unit: Unit) -> None:
        handlers.note_spoken(event, unit)

    @answers(FileComplaint, may=handlers.by_desk)
    def file_complaint(self, command: FileComplaint, unit: Unit) -> Filed:
        return handlers.file_complaint(command, unit)

    @answers(ComplainByBadge, may=handlers.by_anyone)
    def complain_by_badge(self, command: ComplainByBadge, unit: Unit) -> Filed:
        return handlers.complain_by_badge(command, unit)

    @answers(CloseComplaint, may=handlers.by_desk)
    def close_complaint(self, command: CloseComplaint, unit: Unit) -> ComplaintShown:
        return handlers.close_complaint(command, unit)

    @answers(ShowComplaint, may=handlers.by_readers)
    def show_complaint(self, command: ShowComplaint, unit: Unit) -> ComplaintShown:
        return handlers.show_complaint(command, unit)

    @answers(ListComplaints, may=handlers.by_readers)
    def list_complaints(self, command: ListComplaints, unit: Unit) -> ComplaintList:
        return handlers.list_complaints(command, unit)
