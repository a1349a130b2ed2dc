"""How a visit ends before its time, and what an ending says of how it was made."""

from datetime import datetime, timedelta

import rulebook
from chassis.unit import Unit
from proto.decision import Act
from proto.field_visit import Cause, CheckIn, Ending, ExpectLeft, VisitCutShort, VisitState
from services.field_visit.handlers import judging, permits, timers
from services.field_visit.model import Visit, visit_table


def end_early(visit: Visit, cause: Cause, at: datetime, unit: Unit) -> None:
    """Let nothing more be done but to end and leave; the recording goes on (S14).

    Who is left has some minutes from `at` on. In danger there is no such term: whoever
    stays until help comes does right (S13). A visit that is over stays as it is; that
    there was danger is told all the same.
    """
    in_danger = cause is Cause.DANGER and endanger(visit, unit)
    if visit.state is VisitState.CLOSED:
        if in_danger:
            tell(visit, cause, at, None, unit)
        return
    timers.start_visit(visit, unit)
    if not visit.cut_short(cause, unit.now):
        return
    unit.revoke(visit.id, CheckIn)
    permits.end_asks(visit, unit.now, unit)
    until = leave_by(visit, at, unit)
    if until is not None:
        unit.later(until, ExpectLeft(visit_id=visit.id), visit.id)
    tell(visit, cause, at, until, unit)
    unit.change(visit_table, visit.id, **visit.row())


def endanger(visit: Visit, unit: Unit) -> bool:
    """Note that somebody was in danger at this door: these two never return. True when
    news.
    """
    if visit.danger_at is not None:
        return False
    visit.danger_at = unit.now
    unit.change(visit_table, visit.id, danger_at=unit.now)
    return True


def tell(
    visit: Visit, cause: Cause, at: datetime, until: datetime | None, unit: Unit
) -> None:
    """Say that it is cut short: to the pair, and of danger to whoever holds the case."""
    in_danger = cause is Cause.DANGER
    told = VisitCutShort(
        **judging.about(visit, unit) | {"at": at},
        cause=cause,
        leave_by=until,
        script=None if in_danger else rulebook.script("door.end_early"),
    )
    unit.emit(told, visit.case_id)


def leave_by(visit: Visit, at: datetime, unit: Unit) -> datetime | None:
    minutes = rulebook.end_early_minutes(visit.books, visit.local(unit.now).date())
    if visit.cause is Cause.DANGER or minutes is None:
        return None
    return at + timedelta(minutes=minutes)


def judge_ending(visit: Visit, unit: Unit) -> None:
    """Mark a pair that says nobody was home without having tried (S6).

    Too few knocks, or gone too early after the first. The other phone's journal may yet
    explain it.
    """
    wanted = rulebook.knocks(visit.books, visit.local(unit.now).date())
    if visit.ending is not Ending.NOBODY_HOME or wanted is None:
        return
    (times, minutes), first = wanted, visit.door.knocked_at
    waited = unit.now - first if first else timedelta(0)
    if visit.door.knocks < times or waited < timedelta(minutes=minutes):
        against = timers.set_by("visit.knocks", visit, unit)
        timers.suspect(visit, Act.CHECK_IN, None, against, unit)


def judge_report(visit: Visit, at: datetime, unit: Unit) -> None:
    """Mark money that is reported too late, by the moment it was left (S10)."""
    minutes = rulebook.money_left_minutes(visit.books, visit.local(unit.now).date())
    if minutes is not None and unit.now - at > timedelta(minutes=minutes):
        against = timers.set_by("cash.money_left_minutes", visit, unit)
        timers.suspect(visit, Act.COLLECT_CASH, None, against, unit)
