"""What complaints does with each message."""

from chassis.unit import Unit
from proto.field_visit import CollectorsArrived
from services.complaints.model import door_visit_table


def note_visit(event: CollectorsArrived, unit: Unit) -> None:
    """Remember who stood at which door, and when."""
    unit.write(
        door_visit_table,
        id=event.visit_id,
        case_id=event.case_id,
        agency_id=event.agency_id,
        arrived_at=event.at,
    )
