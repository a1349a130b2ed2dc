"""What people may see of a visit: the pair the name, others less, nobody full numbers."""

from chassis.errors import NotFound
from chassis.unit import Unit
from proto.dispatch import Sheet
from proto.field_visit import ListVisits, ShowVisit, VisitList, VisitShown
from services.field_visit import store
from services.field_visit.model import Visit


def show_visit(command: ShowVisit, unit: Unit) -> VisitShown:
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    return shown(visit, unit)


def list_visits(command: ListVisits, unit: Unit) -> VisitList:
    if unit.asker is None:
        raise NotFound("visit", command.after)
    found = store.visits(unit.connection, unit.asker, command.after, command.limit)
    unit.keyring.load([visit.case_id for visit in found])
    return VisitList(visits=tuple(shown(visit, unit) for visit in found))


def shown(visit: Visit, unit: Unit) -> VisitShown:
    asker = unit.asker.person_id if unit.asker else None
    return VisitShown(
        visit_id=visit.id,
        case_id=visit.case_id,
        state=visit.state,
        collectors=(visit.collectors[0], visit.collectors[1]),
        present=tuple(sorted(here.collector_id for here in visit.here)),
        not_before=visit.not_before,
        not_after=visit.not_after,
        zone=visit.zone,
        inside=visit.door.inside,
        ending=visit.ending,
        sheet=sheet(visit, unit) if asker in visit.collectors else None,
    )


def sheet(visit: Visit, unit: Unit) -> Sheet:
    """Open the masked sheet, for the pair alone."""
    return Sheet.model_validate_json(unit.keyring.open(visit.sheet, "visit.sheet"))
