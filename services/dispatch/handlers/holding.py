"""What a change of a hold comes to, whoever brought it about."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from chassis.calendar import calendar, next_working_day
from chassis.unit import Unit
from proto import ids
from proto.dispatch import (
    CaseHeld,
    CaseResumed,
    CaseShown,
    CaseState,
    HoldReason,
    HoldReviewFalls,
    WorkResumed,
    WorkStopped,
)
from services.dispatch.handlers.letting_go import end_those_of
from services.dispatch.model import BANK_ZONE, Case, Hold, case_table, hold_table

#: The bank looks at its holds in the morning, and answers until the evening.
MORNING, EVENING = time(9), time(17)
#: A hold is not put off for longer.
FURTHEST = timedelta(days=90)


def today(unit: Unit) -> date:
    """Return the day it is at the bank."""
    return unit.now.astimezone(BANK_ZONE).date()


def next_review(unit: Unit) -> date:
    return next_working_day(today(unit))


def answer_by(reason: HoldReason, unit: Unit) -> date:
    """Return the day by which a new reason is looked at: the next working day.

    Who has paid already is answered the same working day (S9), while the bank works.
    """
    here, place = unit.now.astimezone(BANK_ZONE), calendar("CN")
    if reason is HoldReason.ALREADY_PAID and place.is_working(here.date()):
        return here.date() if here.time() < EVENING else next_review(unit)
    return next_review(unit)


def place(
    case: Case, reason: HoldReason, owner_id: UUID, review_on: date, unit: Unit
) -> Hold:
    """Hold a case for a reason that it was not held for."""
    hold = Hold(ids.new(), reason, owner_id, review_on, review_on, unit.now, unit.now)
    case.hold(hold)
    unit.write(hold_table, case_id=case.id, placed_by=unit.by, **vars(hold))
    tell(case, hold, unit)
    fall_due(case, hold, unit)
    end_those_of(case.id, unit)
    if len(case.holds) == 1:
        unit.emit(WorkStopped(**whose(case), at=unit.now), case.id)
    save(case, unit)
    return hold


def whose(case: Case) -> dict[str, UUID]:
    return {"case_id": case.id, "agency_id": case.agency_id}


def ask_again(
    case: Case, hold: Hold, owner_id: UUID, review_on: date | None, unit: Unit
) -> None:
    """Note that a case is held for a reason once more than somebody may have seen."""
    hold.owner_id = owner_id
    hold.ask_again(unit.now)
    rest = {"owner_id": owner_id, "times": hold.times, "last_at": hold.last_at}
    unit.change(hold_table, hold.id, **rest)
    put_to(case, hold, review_on, unit)
    tell(case, hold, unit)
    save(case, unit)


def put_to(case: Case, hold: Hold, review_on: date | None, unit: Unit) -> bool:
    """Have a hold looked at on another day, if one is named; whether that is news."""
    moved = hold.put_to(review_on)
    if moved:
        days = {"review_on": hold.review_on, "falls_on": hold.falls_on}
        unit.change(hold_table, hold.id, **days)
        fall_due(case, hold, unit)
    return moved


def tell(case: Case, hold: Hold, unit: Unit) -> None:
    """Say who answers for a hold and until when."""
    held = CaseHeld(
        case_id=case.id,
        reason=hold.reason,
        owner_id=hold.owner_id,
        review_on=hold.review_on,
        times=hold.times,
        at=unit.now,
    )
    unit.emit(held, case.id)


def fall_due(case: Case, hold: Hold, unit: Unit) -> None:
    """Have the review fall due in the morning of its day."""
    at = datetime.combine(hold.falls_on, MORNING, BANK_ZONE)
    falls = HoldReviewFalls(case_id=case.id, reason=hold.reason, review_on=hold.review_on)
    unit.later(at, falls, case.id)


def lifted(case: Case, hold: Hold, unit: Unit) -> None:
    """Write and say that a reason is gone."""
    unit.change(hold_table, hold.id, lifted_at=unit.now, lifted_by=unit.by)
    unit.emit(CaseResumed(case_id=case.id, reason=hold.reason, at=unit.now), case.id)
    if case.state is CaseState.PLACED:
        unit.emit(WorkResumed(**whose(case), at=unit.now), case.id)


def save(case: Case, unit: Unit) -> None:
    """Write what changed of a case that others decide by, and tell them."""
    case.version += 1
    row: dict[str, Any] = {
        "state": case.state,
        "address_open": case.address_open,
        "plan": case.plan and case.plan.model_dump(mode="json"),
        "liable": [each.row() for each in case.liable.values()],
    }
    unit.change(case_table, case.id, **row, version=case.version)
    unit.emit(case.standing(), case.id)


def shown(case: Case) -> CaseShown:
    """Return a case as the bank sees it, without the person."""
    return CaseShown(
        case_id=case.id,
        number=case.number,
        state=case.state,
        version=case.version,
        address_open=case.address_open,
        holds=tuple(hold.shown() for hold in case.holds.values()),
        liable=tuple(each.shown() for each in case.liable.values()),
    )
