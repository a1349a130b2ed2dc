"""The report of a visit: kept as it was drawn, and given to whoever says why."""

from chassis.errors import Conflict, Unavailable
from chassis.unit import Unit
from proto.base import Sealed
from proto.field_visit import Noted
from proto.looking import Looked
from proto.report import NoteReport, ReportShown, ShowReport
from services.field_visit import store
from services.field_visit.handlers import evidence
from services.field_visit.handlers.looking import note_look
from services.field_visit.model import REPORT_PDF


def note_report(command: NoteReport, unit: Unit) -> Noted:
    """Keep the reports of a part, unless those of a later one are here already."""
    rows = [
        {
            "visit_id": command.visit_id,
            "for_agency": copy.for_agency,
            "part": command.part,
            "pdf": copy.pdf.model_dump(mode="json"),
            "at": unit.now,
        }
        for copy in command.copies
    ]
    store.keep_reports(unit.connection, rows)
    return Noted()


def show_report(command: ShowReport, unit: Unit) -> ReportShown:
    """Give the report to whoever may have the evidence, and keep that they asked.

    Raises NotFound and Forbidden as `open_evidence` does, Conflict before there is one and
    after the case was erased.
    """
    visit = evidence.opened_for(command.visit_id, unit)
    if visit.parts == 0:
        raise evidence.unsealed(visit, unit)
    for_agency = evidence.is_of_agency(unit)
    row = store.report(unit.connection, visit.id, for_agency=for_agency)
    if row is None:
        raise Conflict("report-not-drawn-yet", key=str(visit.id))
    box = Sealed.model_validate(row.pdf)
    try:
        pdf = unit.keyring.open(box, visit.case_id, REPORT_PDF)
    except Unavailable:
        raise Conflict("report-erased", key=str(visit.id)) from None
    note_look(unit, visit.id, Looked.REPORT, command.reason)
    return ReportShown(visit_id=visit.id, part=row.part, pdf=pdf)
