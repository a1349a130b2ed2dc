"""What people may see of a visit: the pair the name, others less, nobody full numbers."""

from collections.abc import Sequence

from chassis.errors import NotFound, Unavailable
from chassis.shared import Kept
from chassis.unit import Unit
from proto.dispatch import CaseStanding, CaseState, Sheet
from proto.field_visit import ListVisits, ShowVisit, VisitList, VisitShown, VisitState
from proto.workforce import PersonStanding
from services.field_visit import store
from services.field_visit.model import Visit


def show_visit(command: ShowVisit, unit: Unit) -> VisitShown:
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    return shown(visit, standings([visit], unit), unit)


def list_visits(command: ListVisits, unit: Unit) -> VisitList:
    if unit.asker is None:
        raise NotFound("visit", command.after)
    found = store.visits(unit.connection, unit.asker, command.after, command.limit)
    unit.keyring.load([visit.case_id for visit in found])
    kept = standings(found, unit)
    return VisitList(visits=tuple(shown(visit, kept, unit) for visit in found))


def standings(visits: Sequence[Visit], unit: Unit) -> Kept:
    """Fetch what decides whether the asker may still know who lives there."""
    me = unit.asker.person_id if unit.asker else None
    cases = [visit.case_id for visit in visits]
    return unit.kept({CaseStanding: cases, PersonStanding: [me] if me else []})


def shown(visit: Visit, kept: Kept, unit: Unit) -> VisitShown:
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
        sheet=sheet(visit, unit) if may_know(visit, kept, unit) else None,
    )


def may_know(visit: Visit, kept: Kept, unit: Unit) -> bool:
    """The pair alone, while they serve, the case is theirs and the visit is not over."""
    me = unit.asker.person_id if unit.asker else None
    if me not in visit.collectors or me is None:
        return False
    person, case = kept.get(PersonStanding, me), kept.get(CaseStanding, visit.case_id)
    if person is None or not person.in_service or case is None:
        return False
    theirs = case.state is CaseState.PLACED and case.agency_id == visit.agency_id
    over = visit.state is VisitState.CLOSED or unit.now >= visit.not_after
    return theirs and not over


def sheet(visit: Visit, unit: Unit) -> Sheet | None:
    """Open the masked sheet; nothing when the case was shredded meanwhile."""
    try:
        opened = unit.keyring.open(visit.sheet, visit.case_id, "visit.sheet")
    except Unavailable:
        return None
    return Sheet.model_validate_json(opened)
