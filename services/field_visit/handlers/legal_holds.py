"""With its last legal hold a case may be forgotten as others are."""

from chassis.unit import Unit
from proto.dispatch import LegalHoldLifted
from services.field_visit import store


def look_again(event: LegalHoldLifted, unit: Unit) -> None:
    """Have positions looked at once more that stayed for the hold alone."""
    if not event.case_held:
        store.look_again(unit.connection, event.case_id)
