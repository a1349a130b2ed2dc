"""Danger at a door: the case is held, those two never return, the bank reports (S13)."""

from datetime import timedelta

import rulebook
from chassis.errors import NotFound
from chassis.unit import Unit
from proto import ids
from proto.dispatch import (
    CaseShown,
    DangerNoted,
    DangerReported,
    DangerReportFalls,
    DangerReportOverdue,
    HoldReason,
    ReportDanger,
)
from proto.field_visit import Cause, HelpCalled, VisitCutShort
from services.dispatch import store
from services.dispatch.handlers.events import hold_at_once
from services.dispatch.handlers.holding import shown, today
from services.dispatch.model import Case, Danger, danger_table

#: What sets by when the bank reports, and who may not return.
REPORT_HOURS = "danger.report_hours"


def note_danger(event: HelpCalled, unit: Unit) -> None:
    """Hold the case of whoever somebody needed help from, until the bank releases it.

    What it was no machine judges: every call is a danger until a person has looked. What
    the same two call from the same door until it is reported is one danger, reported once.
    """
    case = store.case(unit.shared, event.case_id)
    hold_at_once(case, HoldReason.DANGER, unit)
    if any(each.covers(event) for each in store.dangers(unit.connection, case.id)):
        return
    hours = rulebook.report_hours(case.books, today(unit))
    clauses = (
        () if hours is None else rulebook.set_by(REPORT_HOURS, case.books, today(unit))
    )
    made = Danger(
        id=event.help_id,
        case_id=case.id,
        visit_id=event.visit_id,
        people=event.collectors,
        clauses=clauses,
        at=event.at,
        report_by=unit.now + timedelta(hours=hours or 0),
    )
    row = vars(made) | {"people": list(made.people), "clauses": list(made.clauses)}
    unit.write(danger_table, **row)
    about = {"case_id": case.id, "visit_id": made.visit_id, "danger_id": made.id}
    noted = DangerNoted(**about, clauses=clauses, report_by=made.due, at=unit.now)
    unit.emit(noted, case.id)
    if made.due is not None:
        falls = DangerReportFalls(case_id=case.id, danger_id=made.id)
        unit.later(made.due, falls, case.id)


def note_cut_short(event: VisitCutShort, unit: Unit) -> None:
    """Take a visit that was cut short by danger like a call for help from it.

    A call cuts it short as well: what is held for danger already, or known of this visit,
    stays as it is.
    """
    if event.cause is not Cause.DANGER:
        return
    case = store.case(unit.shared, event.case_id)
    known = store.dangers(unit.connection, case.id)
    if HoldReason.DANGER in case.holds or event.visit_id in {e.visit_id for e in known}:
        return
    people = store.pair_of(unit.connection, event.visit_id)
    if not people:  # a visit that nobody planned here: all that is left is to hold it
        hold_at_once(case, HoldReason.DANGER, unit)
        return
    as_called = HelpCalled(
        **event.model_dump(include={"visit_id", "case_id", "agency_id", "at"}),
        help_id=ids.named("danger", str(event.visit_id)),
        collector_id=people[0],
        collectors=people,
        called_at=event.at,
    )
    note_danger(as_called, unit)


def report_danger(command: ReportDanger, unit: Unit) -> CaseShown:
    """Note that the bank has reported it, or found no need to. Saying so twice is harmless.

    The case stays held: that the bank has reported says nothing of going there again.
    """
    case = store.case(unit.shared, command.case_id)
    found = danger(case, command, unit)
    if found.report(command.outcome, unit.now):
        number = command.file_number
        sealed = number and unit.keyring.seal(case.id, "danger.file_number", number)
        unit.change(
            danger_table,
            found.id,
            outcome=found.outcome,
            reported_at=found.reported_at,
            reported_by=unit.by,
            file_number=sealed and sealed.model_dump(mode="json"),
        )
        about = {"case_id": case.id, "visit_id": found.visit_id, "danger_id": found.id}
        said = DangerReported(**about, report=command.outcome, at=unit.now)
        unit.emit(said, case.id)
    return with_dangers(case, unit, found)


def danger(case: Case, command: ReportDanger | DangerReportFalls, unit: Unit) -> Danger:
    """Return one of the dangers of a case. Raises NotFound."""
    for each in store.dangers(unit.connection, case.id):
        if each.id == command.danger_id:
            return each
    raise NotFound("danger", command.danger_id)


def danger_report_falls(command: DangerReportFalls, unit: Unit) -> CaseShown:
    """Say that the bank has not reported in time what it had to report."""
    case = store.case(unit.shared, command.case_id)
    found = danger(case, command, unit)
    if found.outcome is None and found.due is not None:
        about = {"case_id": case.id, "visit_id": found.visit_id, "danger_id": found.id}
        late = DangerReportOverdue(**about, clauses=found.clauses, at=unit.now)
        unit.emit(late, case.id)
    return shown(case)


def with_dangers(case: Case, unit: Unit, changed: Danger | None = None) -> CaseShown:
    """Return a case as the bank sees it, with what it still has to report."""
    known = store.dangers(unit.connection, case.id)
    latest = (changed if changed and changed.id == each.id else each for each in known)
    dangers = tuple(each.shown() for each in latest)
    return shown(case).model_copy(update={"dangers": dangers})
