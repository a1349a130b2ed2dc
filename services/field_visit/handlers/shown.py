"""What people may see of a visit: the pair the name, others less, nobody full numbers."""

from collections.abc import Sequence
from uuid import UUID

from chassis.errors import NotFound, Unavailable
from chassis.shared import Kept
from chassis.unit import Unit
from proto.base import Standing
from proto.complaints import WorkStanding
from proto.dispatch import CaseStanding, Sheet
from proto.field_visit import (
    ListVisits,
    ShowVisit,
    VisitList,
    VisitShown,
    VisitState,
)
from proto.workforce import AgencyStanding, PersonStanding
from services.field_visit import store
from services.field_visit.handlers.facts import mandate
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
    agencies = [visit.agency_id for visit in visits]
    wanted: dict[type[Standing], list[UUID]] = {
        CaseStanding: cases,
        WorkStanding: cases,
        AgencyStanding: agencies,
        PersonStanding: [me] if me else [],
    }
    return unit.kept(wanted)


def shown(visit: Visit, kept: Kept, unit: Unit) -> VisitShown:
    """Return what the asker may see; of a case that is not theirs now, `withdrawn`."""
    mine, case = may_know(visit, kept, unit), kept.get(CaseStanding, visit.case_id)
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
        cause=visit.cause,
        withdrawn=mandate(visit, kept) is not True,
        special=case is not None and case.special,
        sheet=sheet(visit, unit) if mine else None,
        badge=badge(visit, unit) if mine else None,
    )


def may_know(visit: Visit, kept: Kept, unit: Unit) -> bool:
    """The pair alone, while they serve, the case is theirs and the visit is not over."""
    me = unit.asker.person_id if unit.asker else None
    if me not in visit.collectors or me is None:
        return False
    person = kept.get(PersonStanding, me)
    if person is None or not person.in_service:
        return False
    over = visit.state is VisitState.CLOSED or unit.now >= visit.not_after
    return mandate(visit, kept) is True and not over


def sheet(visit: Visit, unit: Unit) -> Sheet | None:
    """Open the masked sheet; nothing when the case was shredded meanwhile."""
    try:
        opened = unit.keyring.open(visit.sheet, visit.case_id, "visit.sheet")
    except Unavailable:
        return None
    return Sheet.model_validate_json(opened)


def badge(visit: Visit, unit: Unit) -> str | None:
    """Open the code that whoever opens may look the pair up by."""
    if visit.badge is None:
        return None
    try:
        return unit.keyring.open(visit.badge, visit.case_id, "visit.badge")
    except Unavailable:
        return None
