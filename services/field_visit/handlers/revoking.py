"""What was allowed is taken back the moment that something it rested on has ended."""

from chassis.unit import Unit
from proto import ids
from proto.base import Standing
from proto.complaints import WorkStanding
from proto.dispatch import CaseStanding
from proto.facts import Relation
from proto.field_visit import Cause, ClearanceRevoked, VisitState
from proto.letters import AuthorisationStanding, TemplateStanding
from proto.workforce import DeviceStanding, PersonStanding
from services.field_visit import store
from services.field_visit.handlers import endings, facts, judging, permits, timers
from services.field_visit.model import Visit, withdrawal_table

#: What takes one of the two, or both, out of a visit that has begun (S14).
OF_THE_PAIR = PersonStanding | DeviceStanding | AuthorisationStanding


def withdraw(event: Standing, unit: Unit) -> None:
    """Send every pair away whose visit rests on this, when it speaks against it.

    A case held or recalled, an agency that may not work: the pair has to ask again, and is
    then told why not; also one whose permits have run out, which may be inside yet. A
    person out of service, a phone or a letter revoked: what has begun ends early, and
    whoever is left leaves.
    """
    found = store.resting_of_late(unit.connection, event)
    note(event, found, unit)
    if not (event.urgent() or isinstance(event, PersonStanding)):
        return end_with_others(event, found, unit)
    begun = [each for each in found if each.state is VisitState.CLEARED]
    speaks = [each for each in begun if speaks_against(event, each, unit)]
    for visit in store.completed(unit.connection, speaks):
        if isinstance(event, OF_THE_PAIR):
            tell(visit, event, unit)
            endings.end_early(visit, Cause.OUT_OF_SERVICE, unit.now, unit)
        else:
            permits.send_away(visit, unit)
            timers.start_exit(visit, unit.now, unit)
            tell(visit, event, unit)
    return None


def end_with_others(event: Standing, found: list[Visit], unit: Unit) -> None:
    """End the talk with somebody who was said to owe the debt too, and is not any more."""
    if not isinstance(event, CaseStanding):
        return
    begun = [each for each in found if each.state is VisitState.CLEARED]
    for visit in store.completed(unit.connection, begun):
        known = (None, Relation.DEBTOR, *event.liable)
        if visit.door.person_met not in known:
            permits.end_asks(visit, unit.now, unit)


def speaks_against(event: Standing, visit: Visit, unit: Unit) -> bool:
    """Tell whether it does: also a certificate that does not cover today any more."""
    if event.urgent() or not isinstance(event, PersonStanding):
        return event.urgent()
    return not facts.certified(event, visit.local(unit.now).date())


def tell(visit: Visit, event: Standing, unit: Unit) -> None:
    """Say that what was allowed is taken back, where anything was or may still go on."""
    if visit.has_permit(unit.now) or not isinstance(event, OF_THE_PAIR):
        said = judging.about(visit, unit) | {"because": because(event)}
        unit.emit(ClearanceRevoked(**said), visit.case_id)


def note(event: Standing, visits: list[Visit], unit: Unit) -> None:
    """Keep since when this speaks against a visit, and until when it did."""
    of, keys = store.thing(type(event), event.key()), [visit.id for visit in visits]
    against = store.open_withdrawals(unit.connection, keys, of) if keys else {}
    for visit in visits:
        known = against.get(visit.id)
        if event.urgent() and known is None:
            its = {"visit_id": visit.id, "topic": of, "at": unit.now}
            unit.write(withdrawal_table, id=ids.new(), **its)
        elif known is not None and not event.urgent():
            unit.change(withdrawal_table, known, ended_at=unit.now)


def because(event: Standing) -> str:
    """Return what is told of why. A complaint looks like any other end of a mandate."""
    told = CaseStanding if isinstance(event, WorkStanding) else type(event)
    return told.topic()


def withdraw_template(event: TemplateStanding, unit: Unit) -> None:
    """Let no letter be handed over whose template is no longer approved."""
    if event.urgent():
        for visit in store.resting(unit.connection, event):
            permits.end_letter(visit, unit)
