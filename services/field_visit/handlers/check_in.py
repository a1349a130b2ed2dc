"""The pair at the door: one phone for both, or two phones in any order."""

from uuid import UUID

import rulebook
from chassis import geo, signatures
from chassis.errors import Forbidden, NotFound
from chassis.unit import Unit
from proto import ids
from proto.base import Role
from proto.decision import Act, Decision, Outcome
from proto.field_visit import (
    AtTheDoor,
    CheckIn,
    CheckInNotAllowed,
    Clearance,
    CollectorsArrived,
    Presence,
)
from proto.places import Point
from proto.signing import PublicKey, signed_bytes
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.handlers import judging, permits
from services.field_visit.model import CheckedIn, Visit, checked_in_table, visit_table

#: What to say next, by what the rulebook answered.
SCRIPTS = {Outcome.PROCEED: "door.introduce", Outcome.WAIT: "door.alone"}


def check_in(command: CheckIn, unit: Unit) -> Clearance:
    """Note who is here, and say whether they may knock. Asking again is harmless."""
    visit = store.visit(unit.shared, command.visit_id)
    visit.open_for(unit.now)
    judging.refuse_stale(visit, unit)
    devices = unit.kept_all(DeviceStanding, [p.device_id for p in command.present])
    for presence in command.present:
        verify(visit, presence, devices.get(presence.device_id))
    for presence in command.present:
        note(visit, presence, unit)
    facts = judging.facts_of(visit, unit)
    decision = judging.decide(visit, Act.CHECK_IN, facts, unit)
    arrive(visit, decision, unit)
    if decision.outcome in (Outcome.ASK, Outcome.STOP):
        refusal = CheckInNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    allowed = decision.outcome is Outcome.PROCEED
    return Clearance(
        visit_id=visit.id,
        decision=decision,
        script=rulebook.script(SCRIPTS.get(decision.outcome, "door.do_not_knock")),
        ahead=judging.ahead(visit, facts, unit) if allowed else (),
    )


def of_the_pair(command: AtTheDoor, unit: Unit) -> None:
    """Raises NotFound for whoever is not of the pair: others shall not even know."""
    visit, asker = store.visit(unit.shared, command.visit_id), unit.asker
    if asker is None or asker.role is not Role.FIELD_COLLECTOR:
        raise NotFound("visit", visit.id)
    if asker.person_id not in visit.collectors:
        raise NotFound("visit", visit.id)


def verify(visit: Visit, presence: Presence, device: DeviceStanding | None) -> None:
    """Believe a presence only from the collector's own enrolled phone.

    Raises Forbidden.
    """
    if presence.visit_id != visit.id:
        raise Forbidden("presence-of-another-visit", key=str(presence.visit_id))
    if presence.collector_id not in visit.collectors:
        raise Forbidden("not-your-visit", key=str(presence.collector_id))
    key = trust(device, presence.device_id, presence.collector_id)
    if not signatures.verifies(key, presence.signature, signed_bytes(presence)):
        raise Forbidden("signature-does-not-fit", key=str(presence.device_id))


def trust(device: DeviceStanding | None, device_id: UUID, person_id: UUID) -> PublicKey:
    """Return the key of an enrolled phone of this person. Raises Forbidden."""
    if device is None or device.person_id != person_id:
        raise Forbidden("device-not-yours", key=str(device_id))
    if device.state is DeviceState.REVOKED:
        raise Forbidden("device-revoked", key=str(device_id))
    if device.public_key is None:
        raise Forbidden("device-without-key", key=str(device_id))
    return device.public_key


def note(visit: Visit, presence: Presence, unit: Unit) -> None:
    """Keep where a collector stands; only a newer presence replaces one.

    One from the future is no measure: whatever comes after it replaces it.
    """
    before = visit.present(presence.collector_id)
    if before and presence.at <= before.present_at <= unit.now:
        return
    here = CheckedIn(
        ids.named("checked_in", f"{visit.id}/{presence.collector_id}"),
        presence.collector_id,
        presence.device_id,
        round(geo.metres_between(door_of(visit, unit), presence.position), 1),
        presence.position.accuracy_m,
        presence.at,
    )
    proof = unit.keyring.seal(visit.case_id, "visit.presence", presence.model_dump_json())
    row = vars(here) | {"presence": proof, "at": unit.now}
    if before:
        visit.here.remove(before)
        del row["id"]
        unit.change(checked_in_table, here.id, **row)
    else:
        unit.write(checked_in_table, **row, visit_id=visit.id)
    visit.here.append(here)


def door_of(visit: Visit, unit: Unit) -> Point:
    """Return where the door is. Opened once for both collectors."""
    if visit.where is None:
        opened = unit.keyring.open(visit.place, visit.case_id, "visit.place")
        visit.where = Point.model_validate_json(opened)
    return visit.where


def arrive(visit: Visit, decision: Decision, unit: Unit) -> None:
    """Note how far the pair has come; say so when they may knock for the first time.

    A pair that may not stay loses what it was allowed before; one that has to wait does
    not: a phone that asks again alone takes nothing away from the other.
    """
    match decision.outcome:
        case Outcome.PROCEED:
            if visit.clear(decision.good_until):
                arrived = CollectorsArrived(**judging.about(visit, unit))
                unit.emit(arrived, visit.case_id)
        case Outcome.WAIT:
            visit.arrive()
        case _:
            permits.send_away(visit, unit)
    unit.change(visit_table, visit.id, **visit.row())
