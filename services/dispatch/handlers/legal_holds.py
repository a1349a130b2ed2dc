"""An authority or a court has ordered that a case is kept: nothing of it is erased.

Compliance alone puts and lifts such holds. They stop no work; they stop forgetting.
"""

from typing import Any

from sqlalchemy import Row

from chassis import legal_hold
from chassis.errors import Conflict, NotFound, Unavailable
from chassis.unit import Unit
from proto.base import Sealed
from proto.dispatch import (
    LegalHoldKnown,
    LegalHoldLifted,
    LegalHoldPut,
    LegalHolds,
    LegalHoldShown,
    LiftLegalHold,
    PutLegalHold,
    ShowLegalHolds,
)
from services.dispatch import store

#: What a reference is sealed for.
REFERENCE = "case.legal_hold"


def put_legal_hold(command: PutLegalHold, unit: Unit) -> LegalHoldKnown:
    """Put a hold; whoever is erasing something of the case now is waited for.

    Raises Conflict for an id that is another's, and when the case was shredded.
    """
    case = store.case(unit.shared, command.case_id)
    if known := legal_hold.named(unit.connection, command.hold_id):
        if not says(known, command, unit):
            raise Conflict(
                "key-known-otherwise", thing="legal_hold", key=str(command.hold_id)
            )
        return told(command, unit)
    text = unit.keyring.seal(case.id, REFERENCE, command.reference)
    its = command.hold_id, case.id, command.reason.value
    at = legal_hold.put(unit.connection, *its, text, unit.by)
    ids = {"case_id": case.id, "hold_id": command.hold_id}
    unit.emit(LegalHoldPut(**ids, reason=command.reason, at=at), case.id)
    return told(command, unit)


def says(known: Row[Any], command: PutLegalHold, unit: Unit) -> bool:
    """Tell whether this very hold is put once more."""
    if (known.key_id, known.reason) != (command.case_id, command.reason):
        return False
    return opened(known, unit) == command.reference


def lift_legal_hold(command: LiftLegalHold, unit: Unit) -> LegalHoldKnown:
    """Lift one hold; with the last one what should have been forgotten is.

    Raises NotFound.
    """
    case = store.case(unit.shared, command.case_id)
    known = legal_hold.named(unit.connection, command.hold_id)
    if known is None or known.key_id != case.id:
        raise NotFound("legal_hold", command.hold_id)
    if known.lifted_at is None:
        legal_hold.lift(unit.connection, known.id, command.reason.value, unit.by)
        held = bool(legal_hold.standing(unit.connection, case.id))
        if not held:
            store.forget_ended(unit.connection, case.id)
        ids = {"case_id": case.id, "hold_id": known.id}
        lifted = {"reason": command.reason, "case_held": held, "at": unit.now}
        unit.emit(LegalHoldLifted(**ids, **lifted), case.id)
    return told(command, unit)


def told(command: PutLegalHold | LiftLegalHold, unit: Unit) -> LegalHoldKnown:
    """Return how it is now; no word of the order, since answers are kept for long."""
    standing = {each.id for each in legal_hold.standing(unit.connection, command.case_id)}
    return LegalHoldKnown(
        case_id=command.case_id,
        hold_id=command.hold_id,
        stands=command.hold_id in standing,
        case_held=bool(standing),
    )


def show_legal_holds(command: ShowLegalHolds, unit: Unit) -> LegalHolds:
    """Raises NotFound."""
    case = store.look_at(unit.connection, command.case_id)
    holds = legal_hold.of(unit.connection, case.id)
    shown = tuple(shown_of(each, unit) for each in holds)
    return LegalHolds(case_id=case.id, holds=shown)


def shown_of(hold: Row[Any], unit: Unit) -> LegalHoldShown:
    its = {name: value for name, value in hold._mapping.items() if name != "key_id"}
    its |= {"hold_id": its.pop("id"), "reference": opened(hold, unit)}
    return LegalHoldShown(**its)


def opened(hold: Row[Any], unit: Unit) -> str | None:
    """Open what the order is known by; nothing when the case was shredded since."""
    try:
        sealed = Sealed.model_validate(hold.reference)
        return unit.keyring.open(sealed, hold.key_id, REFERENCE)
    except Unavailable:
        return None
