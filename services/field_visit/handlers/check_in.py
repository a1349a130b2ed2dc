"""The pair at the door: one phone for both, or two phones in any order."""

import rulebook
from chassis import geo, signatures
from chassis.errors import Forbidden, NotFound
from chassis.unit import Unit
from proto import ids
from proto.decision import Act, Outcome
from proto.field_visit import (
    CheckIn,
    CheckInNotAllowed,
    Clearance,
    CollectorsArrived,
    Presence,
    VisitState,
)
from proto.places import Point
from proto.signing import signed_bytes
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.handlers import judging
from services.field_visit.model import CheckedIn, Visit, checked_in_table, visit_table

#: What to say next, by what the rulebook answered.
SCRIPTS = {Outcome.PROCEED: "door.introduce", Outcome.WAIT: "door.alone"}


def check_in(command: CheckIn, unit: Unit) -> Clearance:
    """Note who is here, and say whether they may knock. Asking again is harmless."""
    visit = store.visit(unit.connection, command.visit_id)
    refuse_strangers(visit, unit)
    visit.open_for(unit.now)
    devices = unit.kept_all(DeviceStanding, [p.device_id for p in command.present])
    for presence in command.present:
        verify(visit, presence, devices.get(presence.device_id))
    for presence in command.present:
        note(visit, presence, unit)
    facts = judging.facts_of(visit, unit)
    decision = judging.decide(visit, Act.CHECK_IN, facts, unit)
    arrive(visit, decision.outcome, unit)
    if decision.outcome in (Outcome.ASK, Outcome.STOP):
        refusal = CheckInNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    allowed = decision.outcome is Outcome.PROCEED
    return Clearance(
        visit_id=visit.id,
        decision=decision,
        script=rulebook.script(SCRIPTS.get(decision.outcome, "door.leave")),
        ahead=judging.ahead(visit, facts, unit) if allowed else (),
    )


def refuse_strangers(visit: Visit, unit: Unit) -> None:
    """Raises NotFound for whoever is not of the pair: others shall not even know."""
    if unit.asker is None or unit.asker.person_id not in visit.collectors:
        raise NotFound("visit", visit.id)


def verify(visit: Visit, presence: Presence, device: DeviceStanding | None) -> None:
    """Believe a presence only from the collector's own enrolled phone.

    Raises Forbidden.
    """
    if presence.visit_id != visit.id:
        raise Forbidden("presence-of-another-visit", key=str(presence.visit_id))
    if presence.collector_id not in visit.collectors:
        raise Forbidden("not-your-visit", key=str(presence.collector_id))
    trust(device, presence.device_id, presence.collector_id)
    assert device is not None
    assert device.public_key is not None
    content = signed_bytes(presence)
    if not signatures.verifies(device.public_key, presence.signature, content):
        raise Forbidden("signature-does-not-fit", key=str(presence.device_id))


def trust(device: DeviceStanding | None, device_id: object, person_id: object) -> None:
    """Raises Forbidden unless the phone is enrolled and belongs to this person."""
    if device is None or device.person_id != person_id:
        raise Forbidden("device-not-yours", key=str(device_id))
    if device.state is DeviceState.REVOKED:
        raise Forbidden("device-revoked", key=str(device_id))
    if device.public_key is None:
        raise Forbidden("device-without-key", key=str(device_id))


def note(visit: Visit, presence: Presence, unit: Unit) -> None:
    """Keep where a collector stands; only a newer presence replaces one."""
    before = visit.present(presence.collector_id)
    if before and presence.at <= before.present_at:
        return
    place = Point.model_validate_json(unit.keyring.open(visit.place, "visit.place"))
    here = CheckedIn(
        ids.named("checked_in", f"{visit.id}/{presence.collector_id}"),
        presence.collector_id,
        presence.device_id,
        round(geo.metres_between(place, presence.position), 1),
        presence.position.accuracy_m,
        presence.at,
    )
    proof = unit.keyring.seal(visit.case_id, "visit.presence", presence.model_dump_json())
    row = vars(here) | {"presence": proof.model_dump(mode="json"), "at": unit.now}
    if before:
        visit.here.remove(before)
        del row["id"]
        unit.change(checked_in_table, here.id, **row)
    else:
        unit.write(checked_in_table, **row, visit_id=visit.id)
    visit.here.append(here)


def arrive(visit: Visit, outcome: Outcome, unit: Unit) -> None:
    """Note how far the pair has come; say so when they may knock for the first time."""
    before = visit.state
    if outcome is Outcome.PROCEED and visit.clear():
        unit.emit(CollectorsArrived(**judging.about(visit, unit)), visit.case_id)
    if visit.state is VisitState.PLANNED:
        visit.state = VisitState.ARRIVING
    if visit.state is not before:
        unit.change(visit_table, visit.id, **visit.row())
