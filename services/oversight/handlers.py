"""What oversight does with each message."""

from chassis.unit import Unit
from proto import ids
from proto.field_visit import BreachRecorded, Judged
from services.oversight.model import finding_table


def note(event: Judged | BreachRecorded, unit: Unit) -> None:
    """Put a refusal or a breach on the record."""
    unit.write(
        finding_table,
        id=ids.new(),
        what=event.topic(),
        visit_id=event.visit_id,
        case_id=event.case_id,
        agency_id=event.agency_id,
        decision_id=event.decision_id,
        clauses=list(event.clauses),
        at=event.at,
    )
