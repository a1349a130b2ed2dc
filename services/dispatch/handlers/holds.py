"""Holds: placed by reason, reviewed, and lifted again by the bank."""

from collections.abc import Iterator
from datetime import date

from chassis.errors import Conflict
from chassis.rows import refuse
from chassis.unit import Unit
from proto.base import Detail
from proto.dispatch import (
    CaseShown,
    HoldCase,
    HoldReason,
    HoldReviewDue,
    HoldReviewFalls,
    ResumeCase,
    ReviewHold,
)
from services.dispatch import store
from services.dispatch.handlers.holding import (
    FURTHEST,
    answer_by,
    ask_again,
    fall_due,
    lifted,
    next_review,
    place,
    put_to,
    save,
    shown,
    tell,
    today,
)
from services.dispatch.model import DUTY_DESK, SPECIAL, hold_table


def hold_case(command: HoldCase, unit: Unit) -> CaseShown:
    """Let nobody work a case; within a second nobody is allowed anything about it.

    A hold that is there already is renewed as far as the order names owner or day; that
    it was asked for again is noted in any case.
    """
    case = store.case(unit.shared, command.case_id)
    case.refuse_over()
    refuse_complaint(command.reason)
    refuse(list(wrong_day(command.review_on, unit)))
    if hold := case.holds.get(command.reason):
        owner = command.owner_id or hold.owner_id
        ask_again(case, hold, owner, command.review_on, unit)
    else:
        owner = command.owner_id or (unit.asker.account_id if unit.asker else DUTY_DESK)
        review_on = command.review_on or answer_by(command.reason, unit)
        place(case, command.reason, owner, review_on, unit)
    return shown(case)


def review_hold(command: ReviewHold, unit: Unit) -> CaseShown:
    """Note that a hold was looked at, and stays until another day."""
    case = store.case(unit.shared, command.case_id)
    case.refuse_over()
    refuse(list(wrong_day(command.review_on, unit)))
    hold = case.holds.get(command.reason)
    if hold is None:
        raise Conflict("not-held-for-that", key=case.number, reason=command.reason.value)
    if put_to(case, hold, command.review_on, unit):
        tell(case, hold, unit)
    return shown(case)


def resume_case(command: ResumeCase, unit: Unit) -> CaseShown:
    """Lift one reason; without another one the case may be worked again.

    Refused when something was added since the bank looked at the case.
    """
    case = store.case(unit.shared, command.case_id)
    case.refuse_over()
    refuse_complaint(command.reason)
    refuse(list(wrong_plan(command, unit)))
    case.refuse_unseen(command.version)
    planned = command.plan is not None and case.approach(command.plan)
    if hold := case.lift(command.reason):
        lifted(case, hold, unit)
    if hold or planned:
        save(case, unit)
    return shown(case)


def hold_review_falls(command: HoldReviewFalls, unit: Unit) -> CaseShown:
    """Remind whoever answers for a hold, each working day until it is reviewed."""
    case = store.case(unit.shared, command.case_id)
    hold = case.holds.get(command.reason)
    if hold and hold.falls(command.review_on, today(unit)):
        about = {"reason": hold.reason, "owner_id": hold.owner_id}
        unit.emit(HoldReviewDue(case_id=case.id, **about, at=unit.now), case.id)
        hold.falls_on = next_review(unit)
        unit.change(hold_table, hold.id, falls_on=hold.falls_on)
        fall_due(case, hold, unit)
    return shown(case)


def refuse_complaint(reason: HoldReason) -> None:
    """Raises Conflict: a complaint's hold begins and ends with the complaint."""
    if reason is HoldReason.COMPLAINT:
        raise Conflict("hold-of-complaint")


def wrong_day(review_on: date | None, unit: Unit) -> Iterator[Detail]:
    """Yield what is wrong with a review day: it is past, or too far away."""
    first = today(unit)
    if review_on and not first <= review_on <= first + FURTHEST:
        days = {"first": str(first), "last": str(first + FURTHEST)}
        values = {"key": str(review_on)} | days
        yield Detail(pointer="/review_on", kind="review-day-not-near", values=values)


def wrong_plan(command: ResumeCase, unit: Unit) -> Iterator[Detail]:
    """Yield what is wrong with a contact plan, or with there being one or none."""
    plan = command.plan
    if (plan is not None) is not (command.reason is SPECIAL):
        kind = "plan-missing" if plan is None else "plan-without-circumstances"
        yield Detail(pointer="/plan", kind=kind)
    if plan and plan.closes <= plan.opens:
        values = {"opens": plan.opens, "closes": plan.closes}
        yield Detail(pointer="/plan/closes", kind="plan-hours-reversed", values=values)
    if plan and plan.until < today(unit):
        values = {"key": str(plan.until), "today": str(today(unit))}
        yield Detail(pointer="/plan/until", kind="plan-is-over", values=values)
