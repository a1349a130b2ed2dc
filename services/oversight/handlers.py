"""What oversight does with each message."""

from chassis.unit import Unit
from proto import ids
from proto.field_visit import BreachRecorded, Judged
from services.oversight.model import finding_table


def note_refusal(event: Judged, unit: Unit) -> None:
    """Put a refusal on the record."""
    note(event, event.decision_id, unit)


def note_breach(event: BreachRecorded, unit: Unit) -> None:
    """Put a breach on the record."""
    note(event, None, unit)


def note(event: Judged | BreachRecorded, decision_id: object, unit: Unit) -> None:
    unit.write(
        finding_table,
        id=ids.new(),
        what=event.topic(),
        visit_id=event.visit_id,
        case_id=event.case_id,
        agency_id=event.agency_id,
        decision_id=decision_id,
        clauses=list(event.clauses),
        at=event.at,
    )
