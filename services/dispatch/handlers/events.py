"""What others tell dispatch that holds a case, or closes its door, at once.

Nothing changes for a case that is over. What is said for a reason that holds it already
is noted: who looked at the case before has not seen it, and cannot lift it unseen.
"""

from chassis.unit import Unit
from proto.complaints import WorkStanding
from proto.dispatch import CloseAddress, HoldReason
from proto.facts import Claim
from proto.field_visit import (
    AddressFoundWrong,
    CircumstanceNoted,
    DebtDisputed,
)
from services.dispatch import store
from services.dispatch.handlers.addresses import close
from services.dispatch.handlers.holding import (
    answer_by,
    ask_again,
    lifted,
    place,
    save,
)
from services.dispatch.model import SPECIAL, Case, Hold, hold_table


def dispute(event: DebtDisputed, unit: Unit) -> None:
    """Hold the case of somebody who says that nothing, or not this, is owed (4.13)."""
    paid = event.claim is Claim.ALREADY_PAID
    reason = HoldReason.ALREADY_PAID if paid else HoldReason.DISPUTED
    hold_at_once(store.case(unit.shared, event.case_id), reason, unit)


def spare(event: CircumstanceNoted, unit: Unit) -> None:
    """Hold the case of somebody in special circumstances (4.21); which, stays sealed."""
    case = store.case(unit.shared, event.case_id)
    if hold := hold_at_once(case, SPECIAL, unit):
        hold.hardships.append(event.hardship.model_dump(mode="json"))
        unit.change(hold_table, hold.id, hardships=hold.hardships)


def suspend(event: WorkStanding, unit: Unit) -> None:
    """Hold a case while there is a complaint, and no longer.

    The two lanes may bring its standings in any order: the newest one counts, which is
    looked for once nobody else can change the case.
    """
    case = store.case(unit.shared, event.case_id)
    kept = unit.kept_all(WorkStanding, [case.id]).get(case.id)
    if kept and kept.version > event.version:
        return
    if event.suspended:
        hold_at_once(case, HoldReason.COMPLAINT, unit)
    elif hold := case.lift(HoldReason.COMPLAINT):
        lifted(case, hold, unit)
        save(case, unit)


def close_door(event: AddressFoundWrong, unit: Unit) -> None:
    """Close the door of a case, and have it closed for all others that have the same."""
    case = store.case(unit.shared, event.case_id)
    if close(case, unit):
        for other in store.at_the_door_of(unit.connection, case):
            unit.later(unit.now, CloseAddress(case_id=other), other)


def hold_at_once(case: Case, reason: HoldReason, unit: Unit) -> Hold | None:
    """Hold a case for this reason, or once more; return the hold that there is now.

    Whoever took the case in answers for it. None for a case that is over.
    """
    if case.over:
        return None
    by = answer_by(reason, unit)
    if (hold := case.holds.get(reason)) is None:
        return place(case, reason, case.owner_id, by, unit)
    ask_again(case, hold, hold.owner_id, by if by < hold.falls_on else None, unit)
    return hold
