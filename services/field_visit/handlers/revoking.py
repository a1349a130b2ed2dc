"""What was allowed is taken back the moment that something it rested on has ended."""

from chassis.unit import Unit
from proto.base import Standing
from proto.field_visit import ClearanceRevoked
from services.field_visit import store
from services.field_visit.handlers import judging, permits


def withdraw(event: Standing, unit: Unit) -> None:
    """End the live permits of every visit that rests on this, when it speaks against it.

    A case held or recalled, a person out of service, a phone or a letter revoked, an
    agency that may not work: the pair has to ask again, and is then told why not.
    """
    if not event.urgent():
        return
    visits = store.resting(unit.connection, event)
    for visit in (each for each in visits if each.has_permit(unit.now)):
        permits.send_away(visit, unit)
        said = judging.about(visit, unit) | {"because": event.topic()}
        unit.emit(ClearanceRevoked(**said), visit.case_id)
