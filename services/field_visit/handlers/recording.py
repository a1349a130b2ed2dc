"""Whether a talk was recorded whole: looked at when a visit is over and whenever more of
it comes, judged when nothing more is to come.

What is found is a suspicion and no punishment. Who does not want to be recorded is left in
peace (S11): what is not recorded then is declared, and no finding.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import rulebook
from chassis.unit import Unit
from proto.decision import Act
from proto.field_visit import BreachSuspected, Noted
from proto.recording import JudgeRecording
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.handlers import judging
from services.field_visit.model import Visit
from services.field_visit.model.coverage import NOTHING_SET, Coverage, cover, is_whole
from services.field_visit.model.filmed import Inside, filmed_inside
from services.field_visit.model.recorders import File, Mark
from services.field_visit.model.recording import (
    Amiss,
    Missing,
    recording_finding_table,
    recording_table,
)

#: What a gap breaks beside the contract, as far as a book of the case has it.
RECORDED_WHOLE = ("21.079", "21.088")
GAP, FILM = "recording.gap_seconds", "recording.film_inside"
ACTS = {Missing.GAP: Act.CHECK_IN, Missing.FILM_INSIDE: Act.ENTER_PREMISES}


def end(visit: Visit, ended_at: datetime, unit: Unit) -> None:
    """Note when a visit was over; judge its recording at once, and when it is too late."""
    hours = rulebook.await_hours(visit.books, visit.local(unit.now).date())
    until = None if hours is None else unit.now + timedelta(hours=hours)
    unit.write(recording_table, id=visit.id, ended_at=ended_at, wait_until=until)
    if until is not None:
        unit.later(until, JudgeRecording(visit_id=visit.id), visit.id)
    look(visit, unit)


def look(visit: Visit, unit: Unit) -> None:
    """Judge it once what was just said of it is kept; once more is harmless."""
    unit.later(unit.now, JudgeRecording(visit_id=visit.id), visit.id)


def judge_recording(command: JudgeRecording, unit: Unit) -> Noted:
    """Judge what is recorded of a visit that is over, if no more of it is to come.

    What has not come by its time is not there. What was found before and is explained
    since is superseded.
    """
    visit = store.visit(unit.shared, command.visit_id)
    ended = store.recording_ended(unit.connection, visit.id)
    if ended is None:
        return Noted()
    marks, files = on_record(visit, unit)
    late = ended.wait_until is not None and ended.wait_until <= unit.now
    if late or ended.judged_at or is_whole(marks, files):
        coverage, inside = reckon(visit, marks, files, ended.ended_at)
        keep(visit, [*gaps_of(visit, coverage), *films_of(visit, inside)], unit)
        if ended.judged_at is None:
            unit.change(recording_table, visit.id, judged_at=unit.now)
    return Noted()


def on_record(visit: Visit, unit: Unit) -> tuple[list[Mark], list[File]]:
    """Return what the journals say and the files there are.

    What came when the visit was over counts as well, if its phone is still enrolled.
    """
    marks = store.marks(unit.connection, visit.id)
    phones = unit.kept_all(DeviceStanding, sorted({mark.device_id for mark in marks}))
    mine = {k for k, each in phones.items() if each.state is DeviceState.ENROLLED}
    marks = [m._replace(counts=m.counts or m.device_id in mine) for m in marks]
    return marks, store.files(unit.connection, visit.id)


def reckon(
    visit: Visit, marks: list[Mark], files: list[File], ended_at: datetime
) -> tuple[Coverage, tuple[Inside, ...]]:
    """Return what is recorded, and which film was made inside that should not be."""
    terms = store.recording_terms(visit) or NOTHING_SET
    coverage = cover(marks, files, ended_at, terms)
    tolerance = timedelta(seconds=terms.tolerance_s)
    barred = rulebook.set_by(FILM, visit.books, day_of(visit))
    inside = filmed_inside(marks, files, ended_at, tolerance) if barred else ()
    return coverage, inside


def day_of(visit: Visit) -> date:
    return visit.local(visit.not_before).date()


def gaps_of(visit: Visit, coverage: Coverage) -> Iterable[Amiss]:
    """Yield the gaps that nobody has explained, where a book sets what one is."""
    if rulebook.set_by(GAP, visit.books, day_of(visit)):
        for gap in coverage.undeclared:
            yield Amiss(visit.id, Missing.GAP, None, gap.when)


def films_of(visit: Visit, inside: Iterable[Inside]) -> Iterable[Amiss]:
    for film in inside:
        yield Amiss(visit.id, Missing.FILM_INSIDE, film.media_id, film.when)


def keep(visit: Visit, found: list[Amiss], unit: Unit) -> None:
    """Keep what is amiss, note what no longer is, and tell of what is new of it."""
    kept = {each.id: each for each in store.amiss(unit.connection, visit.id)}
    now = {each.id: each for each in found}
    for key, each in now.items():
        if key not in kept:
            write(each, unit)
        elif each.superseded_at != kept[key].superseded_at:
            unit.change(recording_finding_table, key, superseded_at=None)
    for key, before in kept.items():
        if key not in now and before.superseded_at is None:
            unit.change(recording_finding_table, key, superseded_at=unit.now)
    for each in found:
        if not any(each.is_part_of(before) for before in kept.values()):
            tell(visit, each, unit)


def write(each: Amiss, unit: Unit) -> None:
    unit.write(
        recording_finding_table,
        id=each.id,
        visit_id=each.visit_id,
        kind=each.kind,
        media_id=each.media_id,
        begins_at=each.when.begins,
        ends_at=each.when.ends,
        at=unit.now,
    )


def tell(visit: Visit, each: Amiss, unit: Unit) -> None:
    """Tell of a suspicion, as of when it began."""
    said = BreachSuspected(
        **judging.about(visit, unit) | {"at": each.when.begins},
        act=ACTS[each.kind],
        decision_id=None,
        clauses=clauses(visit, each.kind),
    )
    unit.emit(said, visit.case_id)


def clauses(visit: Visit, kind: Missing) -> tuple[str, ...]:
    day = day_of(visit)
    if kind is Missing.FILM_INSIDE:
        return rulebook.set_by(FILM, visit.books, day)
    source = rulebook.binding(visit.books, RECORDED_WHOLE, day)
    return (*source, *rulebook.set_by(GAP, visit.books, day))
