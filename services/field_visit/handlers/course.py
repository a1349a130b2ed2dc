"""The course of a visit: how it begins and how it ends."""

from chassis.unit import Unit
from proto.dispatch import VisitPlanned
from proto.field_visit import CheckOut, Closed, CollectorsLeft, VisitState
from services.field_visit import store
from services.field_visit.handlers import judging
from services.field_visit.handlers.journal import apply
from services.field_visit.model import visit_table


def plan(event: VisitPlanned, unit: Unit) -> None:
    """Take a planned visit in, with all the doorstep will need."""
    unit.write(
        visit_table,
        id=event.visit_id,
        case_id=event.case_id,
        agency_id=event.agency_id,
        collectors=list(event.collectors),
        letter_id=event.letter_id,
        place=event.place.model_dump(mode="json"),
        sheet=event.sheet.model_dump(mode="json"),
        zone=event.zone,
        not_before=event.not_before,
        not_after=event.not_after,
        books=list(event.books),
        state=VisitState.PLANNED,
    )


def check_out(command: CheckOut, unit: Unit) -> Closed:
    """End the visit; saying so twice changes nothing."""
    visit = store.visit(unit.shared, command.visit_id)
    apply(visit, command.journal, unit)
    if visit.close(command.ending, unit.now):
        unit.change(visit_table, visit.id, **visit.row())
        left = CollectorsLeft(**judging.about(visit, unit), ending=command.ending)
        unit.emit(left, visit.case_id)
    return Closed(visit_id=visit.id, ending=command.ending)
