"""When a visit is sealed, and what becomes of a seal.

A worker reads, writes and signs (`services.field_visit.jobs.sealing`); here is decided
when, and a part is noted once. What comes after a seal makes a further part, never
another form of one that there is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import rulebook
from chassis.unit import Unit
from evidence.suites import SUITES
from proto.evidence import LookForSeal, NoteSeal
from proto.field_visit import Noted, VisitSealed, VisitState
from services.field_visit import store
from services.field_visit.handlers import giving, judging
from services.field_visit.model import (
    REPORT,
    SEAL,
    SIGN_HEAD,
    WAITED_FOR,
    Due,
    Lacks,
    Visit,
    seal_table,
    visit_table,
)

#: What comes after a seal is gathered for so long before it is sealed in its turn.
GATHERED = timedelta(minutes=1)
#: A later part waits so long for a file to be looked at.
LOOKED_AT = timedelta(minutes=10)
#: By when a visit is sealed where no book says it.
UNSAID_HOURS = 24


def look_soon(visit: Visit, unit: Unit) -> None:
    """Have a visit that is over looked at for its seal: at once, or what comes after a
    seal in a minute, so that what comes together is sealed together.

    While one of the pair has not checked out that is when its time is up.
    """
    if visit.state is not VisitState.CLOSED:
        return
    if visit.parts == 0 and visit.both_left:  # once what was just said of it is kept
        unit.later(unit.now, LookForSeal(visit_id=visit.id), visit.id)
    wait = GATHERED if visit.parts else timedelta(0)
    at = unit.now + wait if visit.parts or visit.both_left else deadline(visit, unit)
    visit.due[Due.SEAL] = min(at, visit.due.get(Due.SEAL, at))
    unit.change(visit_table, visit.id, **visit.row())


def look_now(command: LookForSeal, unit: Unit) -> Noted:
    """Have a visit sealed that both have just left, if all of it is here; once more, if
    its last part lacks what a gap held back.
    """
    visit = store.visit(unit.shared, command.visit_id)
    if visit.parts == 0 and Due.SEAL in visit.due:
        del visit.due[Due.SEAL]
        look_for_seal(visit, unit)
        unit.change(visit_table, visit.id, **visit.row())
    elif visit.parts:
        last = store.seals(unit.connection, visit.id)[-1]
        if Lacks.JOURNAL_GAP in last.reasons:
            look_soon(visit, unit)
    return Noted()


def deadline(visit: Visit, unit: Unit) -> datetime:
    """Return when a visit is sealed at the latest, whatever is missing then (C.45)."""
    ended_at = visit.ended_at
    hours = rulebook.seal_hours(visit.books, visit.local(ended_at).date())
    return ended_at + timedelta(hours=UNSAID_HOURS if hours is None else hours)


def look_for_seal(visit: Visit, unit: Unit) -> None:
    """Have a worker seal what there is, if all of it is here or its time is up."""
    if visit.state is not VisitState.CLOSED:
        return
    until = deadline(visit, unit)
    if visit.parts == 0 and unit.now < until and waits_for(visit, unit):
        visit.due[Due.SEAL] = until
        return
    if visit.parts and (looked_at := looked_at_by(visit, unit)) > unit.now:
        visit.due[Due.SEAL] = looked_at
        return
    unit.job(SEAL, visit.case_id, visit_id=visit.id)


def looked_at_by(visit: Visit, unit: Unit) -> datetime:
    """Return until when a further part waits for files that nobody has looked at; for none
    while it is to say that one has gone.
    """
    if is_gone_unsaid(visit, unit):
        return unit.now
    last = store.last_uninspected(unit.connection, visit.id)
    return last + LOOKED_AT if last else unit.now


def is_gone_unsaid(visit: Visit, unit: Unit) -> bool:
    """Tell whether a file has gone, and no part says so yet: no copy can be made without
    it then. While the visit is to be looked at, also what may have been committed late.
    """
    last = store.seals(unit.connection, visit.id)[-1].sealed_at
    late = GATHERED if Due.SEAL in visit.due else timedelta(0)
    return store.is_unsaid(unit.connection, visit.id, last - late)


def waits_for(visit: Visit, unit: Unit) -> Sequence[Lacks]:
    """Return what a visit's first seal still waits for."""
    return [each for each in store.lacks(unit.connection, visit) if each in WAITED_FOR]


def note_seal(command: NoteSeal, unit: Unit) -> Noted:
    """Keep a part once, as the next leaf of the log.

    Of two that a worker sealed at once the second is none: what it had more is sealed
    behind the first.
    """
    visit = store.visit(unit.shared, command.visit_id)
    if command.part != visit.parts + 1:
        look_soon(visit, unit)
        return Noted()
    suite = SUITES[command.suite]
    leaf = store.append(unit.connection, suite, command.head)
    visit.parts = command.part
    row = command.model_dump(exclude={"seal_id"})
    unit.write(seal_table, id=command.seal_id, leaf=leaf, **row)
    unit.change(visit_table, visit.id, parts=command.part)
    store.forget_put_aside(unit.connection, visit.id, command.seal_id)
    sealed = VisitSealed(
        **judging.about(visit, unit),
        part=command.part,
        grade=command.grade.value,
        head=suite.hex(command.head.encode()),
        leaf=leaf,
    )
    unit.emit(sealed, visit.case_id)
    unit.job(SIGN_HEAD, visit.case_id, given_away=False)
    unit.job(REPORT, visit.case_id, visit_id=visit.id)
    giving.have_stamped(command.head, unit)
    return Noted()
