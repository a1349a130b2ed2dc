"""Two phones at one place: which may pair, whether they did, how far apart they are."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import geo, signatures
from chassis.errors import Forbidden, Invalid, NotFound
from chassis.unit import Unit
from proto.base import Detail
from proto.field_visit import CheckIn, Closing, Presence
from proto.pairing import PairedPhone, PairingTicket, ShowPairing
from proto.places import Position
from proto.signing import signed_bytes
from proto.workforce import DeviceStanding, DeviceState
from rulebook import Pairing
from services.field_visit import store
from services.field_visit.handlers.granting import enrolled, phones_of
from services.field_visit.model import CheckedIn, Visit

Devices = Mapping[UUID, DeviceStanding]


def show_pairing(command: ShowPairing, unit: Unit) -> PairingTicket:
    """Tell the pair which phones may pair for their visit, and by which nonce.

    Raises NotFound for others, Conflict when the visit is over.
    """
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    visit.refuse_closed()
    return ticket(visit, unit)


def ticket(visit: Visit, unit: Unit) -> PairingTicket:
    """Return the nonce of a visit and its pair's phones. Raises NotFound without one."""
    if visit.nonce is None:
        raise NotFound("pairing", visit.id)
    return PairingTicket(
        visit_id=visit.id,
        nonce=visit.nonce,
        phones=tuple(
            PairedPhone(
                device_id=phone.device_id,
                collector_id=phone.collector_id,
                public_key=phone.public_key,
                thumbprint=phone.public_key.thumbprint(),
            )
            for phone in enrolled(visit.collectors, phones_of(visit, unit))
        ),
        good_until=visit.not_after,
    )


def paired(visit: Visit, command: CheckIn, devices: Devices, unit: Unit) -> Pairing | None:
    """Return how the phones in an order have paired; nothing when one came for itself.

    Their signatures have been checked. Raises Forbidden for what is none of this visit's
    pairings, Invalid for two who have not paired.
    """
    refuse_other_nonces(visit, command.present)
    if len(command.present) == 1:
        refuse_carried(command.present[0], unit)
        return None
    first, answer = in_order(command.present)
    if answer.answers != first.fingerprint():
        raise Forbidden("pairing-answers-another", key=str(answer.device_id))
    if command.closing is None:
        return Pairing(abs((answer.at - first.at).total_seconds()))
    refuse_other_closing(command.closing, first, answer, devices)
    return Pairing(command.closing.elapsed_ms / 1000)


def refuse_other_nonces(visit: Visit, present: Sequence[Presence]) -> None:
    """Raises Forbidden for a code of another visit, or from before the pair was changed."""
    for presence in present:
        if presence.nonce not in (None, visit.nonce):
            raise Forbidden("pairing-of-another-visit", key=str(presence.device_id))


def refuse_carried(presence: Presence, unit: Unit) -> None:
    """Raises Forbidden for somebody else's presence that answers nothing.

    Otherwise one phone could carry two that were never near each other.
    """
    if unit.asker is None or unit.asker.person_id != presence.collector_id:
        raise Forbidden("presence-of-another", key=str(presence.collector_id))


def in_order(present: Sequence[Presence]) -> tuple[Presence, Presence]:
    """Return the presence that was shown first, and the one that answers.

    Raises Invalid when these are not the two of a pairing.
    """
    if present[0].collector_id == present[1].collector_id:
        raise Invalid("presence-twice")
    bare = [row for row, one in enumerate(present) if one.nonce is None]
    if bare:
        raise Invalid("malformed", *(not_paired(f"/present/{row}/nonce") for row in bare))
    answers = [one for one in present if one.answers]
    if len(answers) != 1:
        raise Invalid("malformed", not_paired("/present/1/answers"))
    first = next(one for one in present if one is not answers[0])
    return first, answers[0]


def not_paired(pointer: str) -> Detail:
    return Detail(pointer=pointer, kind="not-paired")


def refuse_other_closing(
    closing: Closing, first: Presence, answer: Presence, devices: Devices
) -> None:
    """Raises Forbidden when it was not said by who showed the first code, or of another."""
    device = devices.get(closing.device_id)
    if device is None or device.public_key is None or closing.device_id != first.device_id:
        raise Forbidden("pairing-answers-another", key=str(closing.device_id))
    if closing.answer != answer.fingerprint():
        raise Forbidden("pairing-answers-another", key=str(closing.device_id))
    key, signature = device.public_key, closing.signature
    if not signatures.verifies(key, signature, signed_bytes(closing)):
        raise Forbidden("signature-does-not-fit", key=str(closing.device_id))


def apart_m(visit: Visit, unit: Unit) -> float | None:
    """Return how many metres the two phones here are from each other, at the least.

    What the radii of both positions leave open counts for the pair. Nothing while not
    both are here, by phones that are still theirs.
    """
    here = [one for one in visit.here if enrolled_now(one, unit)]
    if len(here) != len(visit.collectors):
        return None
    radii = sum(each.accuracy_m for each in here)
    if sum(each.distance_m for each in here) <= radii:
        return 0.0  # they are no further apart than by way of the door: nothing to measure
    one, other = (where(visit, each, unit) for each in here)
    return round(max(0.0, geo.metres_between(one, other) - radii), 1)


def enrolled_now(here: CheckedIn, unit: Unit) -> bool:
    device = unit.kept_all(DeviceStanding, [here.device_id]).get(here.device_id)
    return device is not None and device.state is DeviceState.ENROLLED


def where(visit: Visit, here: CheckedIn, unit: Unit) -> Position:
    """Return where a collector checked in; unsealed when this order did not bring it."""
    if here.where is None:
        sealed = store.places(unit.connection, visit.id)[here.collector_id]
        opened = unit.keyring.open(sealed, visit.case_id, "visit.presence")
        here.where = Presence.model_validate_json(opened).position
    return here.where
