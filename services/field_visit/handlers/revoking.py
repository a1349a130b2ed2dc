"""What was allowed is taken back the moment that something it rested on has ended."""

from chassis import answers
from chassis.unit import Unit
from proto.base import Standing
from proto.field_visit import ClearanceRevoked
from services.field_visit import store
from services.field_visit.handlers import judging
from services.field_visit.model import visit_table


def withdraw(event: Standing, unit: Unit) -> None:
    """End the live permits of every visit that rests on this, when it speaks against it.

    A case held or recalled, a person out of service, a phone or a letter revoked, an
    agency that may not work: the pair has to ask again, and is then told why not.
    """
    if not event.urgent():
        return
    visits = store.cleared(unit.connection, event, unit.now)
    for visit in visits:
        visit.send_away(unit.now)
        unit.change(visit_table, visit.id, **visit.row())
        said = judging.about(visit, unit) | {"because": event.topic()}
        unit.emit(ClearanceRevoked(**said), visit.case_id)
    answers.revoke(unit.connection, [visit.id for visit in visits], unit.now)
