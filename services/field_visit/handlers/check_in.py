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
from proto.media import ReceiveMedia
from proto.plausibility import ReplyToFinding
from proto.signing import PublicKey, signed_bytes
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.handlers import hours, judging, permits, timers
from services.field_visit.handlers.facts import Asked, facts_of
from services.field_visit.handlers.knowing import told_no
from services.field_visit.handlers.pairing import apart_m, paired
from services.field_visit.handlers.places import door_of
from services.field_visit.model import CheckedIn, Visit, checked_in_table, visit_table

#: What to say next, by what the rulebook answered.
SCRIPTS = {Outcome.PROCEED: "door.introduce", Outcome.WAIT: "door.alone"}
#: Norms without which nobody has any business at the door: the visit is withdrawn.
WITHDRAWN = {"visit.mandate", "visit.address_open", "dispute.suspended"}


def check_in(command: CheckIn, unit: Unit) -> Clearance:
    """Note who is here, and say whether they may knock. Asking again is harmless."""
    visit = store.visit(unit.shared, command.visit_id)
    devices = unit.kept_all(DeviceStanding, [p.device_id for p in command.present])
    with told_no(visit, unit):
        visit.open_for(unit.now)
        judging.refuse_stale(visit, unit)
        for presence in command.present:
            verify(visit, presence, devices.get(presence.device_id))
    pairing = paired(visit, command, devices, unit)
    for presence in command.present:
        note(visit, presence, unit)
    asked = Asked(apart_m=apart_m(visit, unit), pairing=pairing)
    facts = facts_of(visit, unit, asked)
    decision = judging.decide(visit, Act.CHECK_IN, facts, unit)
    arrive(visit, decision, unit)
    if decision.outcome in (Outcome.ASK, Outcome.STOP):
        refusal = CheckInNotAllowed(**judging.judged(visit, decision, unit))
        unit.emit(refusal, visit.case_id)
    allowed = decision.outcome is Outcome.PROCEED
    return Clearance(
        visit_id=visit.id,
        decision=decision,
        script=rulebook.script(script_for(decision)),
        ahead=judging.ahead(visit, facts, unit) if allowed else (),
    )


def script_for(decision: Decision) -> str:
    """Return what the pair is to do now."""
    if WITHDRAWN & {reason.key for reason in decision.reasons}:
        return "door.withdrawn"
    return SCRIPTS.get(decision.outcome, "door.do_not_knock")


def of_the_pair(command: AtTheDoor | ReceiveMedia | ReplyToFinding, unit: Unit) -> None:
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
        presence.position,
    )
    proof = unit.keyring.seal(visit.case_id, "visit.presence", presence.model_dump_json())
    row = vars(here) | {"presence": proof, "at": unit.now}
    del row["where"]
    if before:
        visit.here.remove(before)
        del row["id"]
        unit.change(checked_in_table, here.id, **row)
    else:
        unit.write(checked_in_table, **row, visit_id=visit.id)
    visit.here.append(here)


def arrive(visit: Visit, decision: Decision, unit: Unit) -> None:
    """Note how far the pair has come; say so when they may knock for the first time.

    A pair that may not stay loses what it was allowed before; one that has to wait does
    not: a phone that asks again alone takes nothing away from the other.
    """
    match decision.outcome:
        case Outcome.PROCEED:
            hours.use_hour(visit, unit)
            if visit.clear(decision.good_until):
                arrived = CollectorsArrived(**judging.about(visit, unit))
                unit.emit(arrived, visit.case_id)
                timers.start_wait(visit, unit)
                hour = visit.hour(unit.now)
                timers.start_hours(visit, unit, hour.hour.ends_at if hour else None)
        case Outcome.WAIT:
            visit.arrive()
            timers.start_alone(visit, unit)
        case _:
            permits.send_away(visit, unit)
    timers.start_visit(visit, unit)
    unit.change(visit_table, visit.id, **visit.row())
