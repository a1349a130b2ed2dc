"""The course of a visit: how it begins and how it ends."""

from chassis.errors import Invalid
from chassis.unit import Unit
from proto import ids
from proto.base import Detail
from proto.dispatch import VisitPlanned
from proto.field_visit import (
    Cause,
    CheckOut,
    Closed,
    CollectorsLeft,
    Ending,
    VisitState,
)
from services.field_visit import store
from services.field_visit.handlers import endings, judging, plausibility, recording, sealing
from services.field_visit.handlers.journal import apply
from services.field_visit.model import Visit, visit_table


def plan(event: VisitPlanned, unit: Unit) -> None:
    """Take a planned visit in, with all the doorstep will need."""
    paper = event.paper
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
        badge=event.badge and event.badge.model_dump(mode="json"),
        badge_blind=event.badge_blind,
        paper_id=paper and paper.paper_id,
        paper_template=paper and paper.template,
        paper_how=paper and paper.how,
        nonce=ids.new(),
        appointment_id=event.appointment_id,
    )


def check_out(command: CheckOut, unit: Unit) -> Closed:
    """End the visit; saying so twice changes nothing."""
    visit = store.visit(unit.shared, command.visit_id)
    apply(visit, command.journal, unit)
    refuse_unsaid(visit, command)
    news = visit.close(command.ending, unit.now, command.cause)
    visit.note_left(unit.asker.person_id if unit.asker else None)
    if news:
        unit.change(visit_table, visit.id, **visit.row())
        assert visit.ending is not None
        its = {"ending": visit.ending, "cause": visit.cause}
        unit.emit(CollectorsLeft(**judging.about(visit, unit), **its), visit.case_id)
        if visit.cause is Cause.DANGER:
            endings.end_early(visit, Cause.DANGER, unit.now, unit)
        endings.judge_ending(visit, unit)
        plausibility.look(visit, unit)
        recording.end(visit, unit.now, unit)
    sealing.look_soon(visit, unit)
    return Closed(
        visit_id=visit.id, ending=visit.ending or command.ending, cause=visit.cause
    )


def refuse_unsaid(visit: Visit, command: CheckOut) -> None:
    """Raises Invalid when nobody says why a visit ended early, or says why another did."""
    early = command.ending is Ending.ENDED_EARLY
    if early and command.cause is None and visit.cause is None:
        raise Invalid("malformed", Detail(pointer="/cause", kind="cause-missing"))
    if command.cause is not None and not early:
        raise Invalid("malformed", Detail(pointer="/cause", kind="cause-of-nothing"))
