"""What a visit is looked at for later: is anybody met, is the pair outside, has it left.

What concerns every visit is looked at together, once a minute (`look_around`); few visits
need a timer of their own. A phone without a signal may yet explain itself: what is found
is a suspicion.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import rulebook
from chassis import rounds
from chassis.logs import log
from chassis.unit import Unit
from proto.decision import Act, Outcome
from proto.field_visit import (
    BreachSuspected,
    CollectorsLeft,
    EndStay,
    ExpectLeft,
    LookAround,
    Noted,
    PartnerMissing,
    VisitState,
    WindowCloses,
)
from services.field_visit import store
from services.field_visit.handlers import judging, plausibility, recording, sealing
from services.field_visit.handlers.facts import Asked, facts_of
from services.field_visit.model import Due, Visit, visit_table

#: When a visit is looked at again that could not be looked at.
AGAIN = timedelta(minutes=5)
#: Visits that are looked at in one savepoint.
TOGETHER = 50
#: How far a visit is while a pair may be at the door.
THERE = (VisitState.ARRIVING, VisitState.CLEARED)


def start_visit(visit: Visit, unit: Unit) -> None:
    """Look some hours after its planned end whether anybody has checked out."""
    if (ends := runs_out_at(visit, unit)) is not None:
        visit.due.setdefault(Due.RUN_OUT, ends)


def runs_out_at(visit: Visit, unit: Unit) -> datetime | None:
    """Return when a visit is closed that nobody has checked out of, if its books say."""
    hours = rulebook.closing_hours(visit.books, visit.local(unit.now).date())
    return None if hours is None else visit.not_after + timedelta(hours=hours)


def start_alone(visit: Visit, unit: Unit) -> None:
    """Look in some minutes whether the other one has come, while one is there alone."""
    minutes = rulebook.partner_minutes(visit.books, visit.local(unit.now).date())
    if visit.missing and minutes is not None:
        visit.due.setdefault(Due.PARTNER, unit.now + timedelta(minutes=minutes))


def start_wait(visit: Visit, unit: Unit) -> None:
    """Look in some minutes whether anybody has opened; nobody waits outside a door."""
    visit.due.pop(Due.PARTNER, None)
    minutes = rulebook.wait_minutes(visit.books, visit.local(unit.now).date())
    if minutes is not None:
        visit.due[Due.MET] = unit.now + timedelta(minutes=minutes)


def start_hours(visit: Visit, unit: Unit, until: datetime | None = None) -> None:
    """Warn before the hours end, and look then whether the pair is still there.

    They end with the earliest window of all books, or `until` an hour that was named.
    """
    here = visit.local(unit.now)
    closes = rulebook.window_closes(visit.books, here.date())
    warned = rulebook.warn_minutes(visit.books, here.date())
    if closes is None or warned is None:
        return
    ends = until or here.replace(
        hour=closes.hour, minute=closes.minute, second=closes.second, microsecond=0
    )
    for what, minutes in zip((Due.WARN_FIRST, Due.WARN_LAST), warned, strict=True):
        visit.due[what] = ends - timedelta(minutes=minutes)
    visit.due[Due.HOURS_END] = ends


def start_exit(visit: Visit, at: datetime, unit: Unit) -> None:
    """Look in some minutes whether the pair is outside, if it is inside now."""
    minutes = rulebook.exit_minutes(visit.books, visit.local(at).date())
    if visit.door.inside and minutes is not None:
        due = at + timedelta(minutes=minutes)
        unit.later(due, EndStay(visit_id=visit.id), visit.id)


def look_around(_: LookAround, unit: Unit) -> Noted:
    """Look at every visit whose time has come: one look a minute for all of them.

    A timer for each check-in would cost as much again. What was missed while nobody
    looked is looked at now, once. One that cannot be looked at holds up no other: where one
    of some cannot, each of these is looked at by itself.
    """
    found = store.to_look_at(unit.connection, unit.now)
    for begin in range(0, len(found), TOGETHER):
        some = found[begin : begin + TOGETHER]
        if not are_looked_at(some, unit):
            for visit in some:
                if not are_looked_at([visit], unit):
                    unit.change(visit_table, visit.id, look_at=unit.now + AGAIN)
    if len(found) == store.MOST:
        unit.later(unit.now, LookAround(), rounds.house(unit.source))
    return Noted()


def are_looked_at(visits: Sequence[Visit], unit: Unit) -> bool:
    """Look at all of these, or at none. False when that cannot be.

    A savepoint for each visit was half of what a look costs. The visits themselves stay as
    they are, so that they can be looked at once more.
    """
    try:
        with unit.part() as its:
            for visit in unit.in_turns(visits):
                look_at(replace(visit, due=dict(visit.due)), its)
    except Exception:  # whatever it is: the others have their time as well
        if len(visits) == 1:
            log.exception("cannot look at visit %s", visits[0].id)
        return False
    return True


def look_at(visit: Visit, unit: Unit) -> None:
    """Look at one visit, for all that its time has come for."""
    ends = visit.due.get(Due.HOURS_END)
    fallen = visit.fallen(unit.now)
    for what in fallen:
        LOOKS[what](visit, unit)
    if ends and {Due.WARN_FIRST, Due.WARN_LAST} & set(fallen):
        warn(visit, ends, unit)
    unit.change(visit_table, visit.id, **visit.row())


def look_for_partner(visit: Visit, unit: Unit) -> None:
    """Tell both when one has waited long enough for the other (S14)."""
    missing = visit.missing
    if visit.state is VisitState.ARRIVING and missing:
        script = rulebook.script("door.alone")
        told = PartnerMissing(
            **judging.about(visit, unit), collector_id=missing, script=script
        )
        unit.emit(told, visit.case_id)


def look_for_anybody(visit: Visit, unit: Unit) -> None:
    """Mark a pair that waits at a door where nobody has opened (8.05, 21.036)."""
    if visit.state is VisitState.CLEARED and visit.door.meetings == 0:
        against = set_by("visit.wait_minutes", visit, unit)
        suspect(visit, Act.CHECK_IN, None, against, unit)


def warn(visit: Visit, ends: datetime, unit: Unit) -> None:
    """Tell a pair at a door that the hours end, once however late we look (S8)."""
    if visit.state in THERE and unit.now < ends:
        left = -(-(ends - unit.now) // timedelta(minutes=1))
        script = rulebook.script("door.window_closes")
        about = judging.about(visit, unit)
        told = WindowCloses(**about, closes_at=ends, minutes=left, script=script)
        unit.emit(told, visit.case_id)


def look_at_the_hour(visit: Visit, unit: Unit) -> None:
    """Mark a pair that is still there when the hours have ended (4.05, 21.084)."""
    if visit.state is VisitState.CLEARED:
        against = set_by("contact.window", visit, unit)
        suspect(visit, Act.CHECK_IN, None, against, unit)


def run_out(visit: Visit, unit: Unit) -> None:
    """Close a visit that nobody has checked out of, with what is known of why.

    One of before there were timers is looked at too early, once (migration 0013).
    """
    ends = runs_out_at(visit, unit)
    if ends is not None and unit.now < ends:
        visit.due[Due.RUN_OUT] = ends
        return
    if visit.state in (*THERE, VisitState.LEAVING):
        visit.run_out(unit.now)
        assert visit.ending is not None
        its = {"ending": visit.ending, "cause": visit.cause}
        unit.emit(CollectorsLeft(**judging.about(visit, unit), **its), visit.case_id)
        plausibility.look(visit, unit)
        recording.end(visit, min(unit.now, visit.not_after), unit)
        sealing.look_soon(visit, unit)


def nothing(_: Visit, __: Unit) -> None:
    """A warning is said once for all that have fallen, see `warn`."""


LOOKS: Mapping[Due, Callable[[Visit, Unit], None]] = {
    Due.PARTNER: look_for_partner,
    Due.MET: look_for_anybody,
    Due.WARN_FIRST: nothing,
    Due.WARN_LAST: nothing,
    Due.HOURS_END: look_at_the_hour,
    Due.RUN_OUT: run_out,
    Due.SEAL: sealing.look_for_seal,
}


def end_stay(command: EndStay, unit: Unit) -> Noted:
    """Mark a pair that is still inside some minutes after it was told to leave.

    In danger whoever stays until help comes does right (S13).
    """
    visit = store.visit(unit.shared, command.visit_id)
    if visit.in_danger:
        return Noted()
    if visit.door.inside and visit.state is not VisitState.CLOSED:
        facts = facts_of(visit, unit, Asked(entry_reason=visit.entry_reason))
        decision = judging.decide(visit, Act.ENTER_PREMISES, facts, unit)
        if decision.outcome is not Outcome.PROCEED:
            late = set_by("visit.exit_minutes", visit, unit)
            against = (*judging.clauses(decision), *late)
            suspect(visit, Act.ENTER_PREMISES, decision.decision_id, against, unit)
    return Noted()


def expect_left(command: ExpectLeft, unit: Unit) -> Noted:
    """Mark who has not checked out some minutes after the visit was cut short (S14).

    Not who was in danger since: there is no such term for them (S13).
    """
    visit = store.visit(unit.shared, command.visit_id)
    if visit.state is VisitState.LEAVING and not visit.in_danger:
        against = set_by("visit.end_early_minutes", visit, unit)
        suspect(visit, Act.CHECK_IN, None, against, unit)
    return Noted()


def set_by(term: str, visit: Visit, unit: Unit) -> tuple[str, ...]:
    """Return the clauses that set how long this may take."""
    return rulebook.set_by(term, visit.books, visit.local(unit.now).date())


def suspect(
    visit: Visit, act: Act, decision_id: UUID | None, clauses: tuple[str, ...], unit: Unit
) -> None:
    suspected = BreachSuspected(
        **judging.about(visit, unit), act=act, decision_id=decision_id, clauses=clauses
    )
    unit.emit(suspected, visit.case_id)
