"""What a seal waits for, for how long, and what is said again when it is so again."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis import jobs, tables
from chassis.errors import Conflict
from chassis.unit import later_topic
from proto import ids
from proto.base import Role
from proto.evidence import LookAtLog, LookForSeal
from proto.facts import Knocked, MediaNoted, PositionNoted, Recording
from proto.field_visit import Ending, RecordJournal
from proto.journal import Journal
from services.field_visit import handlers
from services.field_visit.model import (
    DELETE,
    PUBLISH_HEAD,
    REPORT,
    Opens,
    disclosure_table,
    recording_table,
    visit_table,
)
from tests.acting import AT_THE_DOOR
from tests.media import photo, sound
from tests.services import sealing
from tests.services.pairs import RECORDING, THE_DEBTOR, Pair
from tests.services.sealing import Worker, bundle, of_kind, verified
from tests.services.test_sealing import lets_go, look_only, seals, sha256


@pytest.fixture
def pair(unit, watch, store) -> Pair:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=2))
    return pair


@pytest.fixture
def worker(pair) -> Worker:
    return Worker(pair)


def both_leave(pair: Pair, ending: Ending = Ending.NOBODY_HOME) -> None:
    pair.check_out(ending, pair.a)
    pair.check_out(ending, pair.b)


def said_of(pair: Pair) -> list[tuple]:
    return [(each.part, each.grade, list(each.reasons)) for each in seals(pair)]


def test_a_late_file_is_waited_for_until_somebody_has_looked_at_it(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    media_id = sealing.receives(pair, photo())
    pair.watch.goes(minutes=5)
    assert worker.looks() == []

    sealing.inspected(pair, media_id, width=640, height=480)
    pair.watch.goes(minutes=1)
    worker.looks()

    assert said_of(pair) == [(1, "proven", []), (2, "proven", [])]


def test_a_file_that_nobody_looks_at_holds_no_part_back_for_long(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    sealing.receives(pair, photo())
    pair.watch.goes(minutes=1)
    assert worker.looks() == []
    pair.watch.goes(minutes=10)
    worker.looks()

    assert said_of(pair)[-1] == (2, "kept", ["file_not_inspected"])


def test_a_recording_is_waited_for_that_is_noted_after_the_check_out(pair, worker) -> None:
    began, media_id, data = pair.watch.now + timedelta(seconds=1), ids.new(), sound()
    pair.record(RECORDING, Knocked(times=1), *THE_DEBTOR)
    pair.watch.goes(minutes=2)
    both_leave(pair, Ending.TALKED)
    assert worker.looks() == []
    with pytest.raises(Conflict) as refused:
        sealing.plan(pair)
    assert refused.value.values["missing"] == ["recording_open"]

    noted = MediaNoted(media_id=media_id, media="audio", sha256=sha256(data))
    pair.record(Recording(announced=True, running=False, reason="finished"), noted)
    its = {"kind": "audio", "media_type": "audio/mp4", "captured_at": began}
    sealing.receives(pair, data, media_id=media_id, **its)
    sealing.inspected(pair, media_id, seconds=130, silent=0.1, clipped=0)
    worker.looks()

    assert said_of(pair) == [(1, "proven", [])]


def test_a_recorder_that_never_stopped_holds_no_seal_back_beyond_its_time(
    pair, worker
) -> None:
    pair.record(RECORDING, *THE_DEBTOR)
    both_leave(pair, Ending.TALKED)
    assert worker.looks() == []
    pair.watch.goes(hours=24)
    worker.looks()

    ((part, grade, reasons),) = said_of(pair)
    assert (part, grade) == (1, "kept")
    assert reasons[0] == "recording_open"


def test_a_talk_that_nobody_recorded_is_sealed_at_once(pair, worker) -> None:
    pair.record(*THE_DEBTOR)
    both_leave(pair, Ending.TALKED)
    worker.looks()

    ((part, grade, reasons),) = said_of(pair)
    assert (part, grade, reasons[0]) == (1, "kept", "recording_short")


def test_an_ending_that_is_again_what_it_was_is_said_again(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    media_id = sealing.receives(pair, photo())
    for _ in range(2):
        pair.watch.goes(minutes=11)
        worker.looks()
    sealing.inspected(pair, media_id, width=640, height=480)
    pair.watch.goes(minutes=1)
    worker.looks()

    endings = [(each["by"], each["lacks"]) for each in of_kind(pair, "ending")]
    lacking = ("both_left", ["file_not_inspected"])
    assert endings == [("both_left", []), lacking, ("both_left", [])]
    assert [each.part for each in seals(pair)] == [1, 2, 3]


def test_a_seal_that_could_not_be_made_is_tried_again_for_as_long_as_it_takes(
    pair, worker, tmp_path
) -> None:
    both_leave(pair)
    look_only(pair)
    (row,) = worker.waiting()
    rests(worker, row)
    pair.watch.goes(minutes=59)
    assert worker.day_ends() == []
    for _ in range(2):
        pair.watch.goes(minutes=61)
        look_at_log(pair)
        (again,) = worker.waiting()
        assert (again.id, again.claim) == (row.id, jobs.TRIES)
        rests(worker, again)
    pair.watch.goes(minutes=61)
    look_at_log(pair)
    (again,) = worker.waiting()
    worker.does(again)

    assert said_of(pair) == [(1, "proven", [])]
    assert verified(bundle(pair, tmp_path / "b.zip")).grade == "VERIFIED"


@pytest.mark.parametrize("kind", [REPORT, PUBLISH_HEAD, DELETE])
def test_what_comes_of_a_seal_is_tried_again_as_well(pair, worker, kind) -> None:
    unit = pair.open("field_visit")
    unit.job(kind, pair.case)
    unit.settle()
    its = tables.job.c
    query = select(tables.job).where(its.kind == kind, its.subject == str(pair.case))
    rests(worker, worker.connection.execute(query).one())
    pair.watch.goes(minutes=61)
    look_at_log(pair)

    row = worker.connection.execute(query).one()
    assert (row.failed_at, row.run_at) == (None, pair.watch.now)


def rests(worker: Worker, row: Any) -> None:
    """Let a job have failed as often as it may."""
    failed = {"failed_at": worker.pair.watch.now, "claim": jobs.TRIES}
    its = tables.job.update().where(tables.job.c.id == row.id)
    worker.connection.execute(its.values(**failed))


def look_at_log(pair: Pair) -> None:
    unit = pair.open("field_visit")
    handlers.look_at_log(LookAtLog(), unit)
    unit.settle()


def test_a_gap_at_another_door_takes_nothing_from_a_visit(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    elsewhere(
        pair,
    )
    pair.record(Knocked(times=1), phone=pair.b)
    pair.watch.goes(minutes=1)
    worker.looks()

    assert said_of(pair) == [(1, "proven", []), (2, "proven", [])]


def test_a_gap_at_another_door_holds_no_first_seal_back(pair, worker) -> None:
    pair.check_out(Ending.NOBODY_HOME, pair.a)
    elsewhere(
        pair,
    )
    pair.check_out(Ending.NOBODY_HOME, pair.b)
    worker.looks()

    assert said_of(pair) == [(1, "proven", [])]


def test_when_a_gap_closes_every_visit_that_it_held_back_is_looked_at(
    unit, watch, store
) -> None:
    pair = Pair(unit, watch, writes=False)
    worker = Worker(pair)
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=2), phone=pair.b)
    both_leave(pair)
    missing = elsewhere(
        pair,
    )  # all that the phone has ever sent
    assert worker.looks() == []
    pair.watch.goes(hours=24)
    worker.looks()
    assert said_of(pair) == [(1, "kept", ["journal_gap"])]

    command = RecordJournal(visit_id=pair.visit, journal=missing)
    hears = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    handlers.record_journal(command, hears)
    said = [(each["envelope"].type, each["subject"]) for each in hears.outgoing]
    assert (later_topic("field_visit", "look_for_seal"), str(pair.visit)) in said
    hears.settle()
    look_now(pair)
    pair.watch.goes(minutes=1)
    worker.looks()
    assert said_of(pair)[-1] == (2, "proven", [])


def elsewhere(
    pair: Pair,
) -> Journal:
    """A phone of the pair notes something at another door; the first of it is lost."""
    other = ids.new()
    missing = pair.a.writes(other, pair.watch.now, Knocked(times=2))
    journal = pair.a.writes(other, pair.watch.now, Knocked(times=2))
    command = RecordJournal(visit_id=pair.visit, journal=journal)
    pair.does(handlers.record_journal, command)
    return missing


def look_now(pair: Pair) -> None:
    unit = pair.open("field_visit")
    handlers.look_now(LookForSeal(visit_id=pair.visit), unit)
    unit.settle()


def test_of_a_visit_of_before_nothing_is_made_up(pair, worker) -> None:
    pair.record(PositionNoted(position=AT_THE_DOOR))
    both_leave(pair)
    is_of_before(pair)
    worker.looks()

    assert said_of(pair) == [(1, "kept", ["of_before", "recording_unknown"])]
    (ending,) = of_kind(pair, "ending")
    assert (ending["at"], ending["left"], ending["by"]) == (None, None, None)
    assert ending["lacks"] == ["of_before"]
    pair.check_out(Ending.NOBODY_HOME, pair.b)
    assert sealed_row(pair).left_by is None


def test_a_visit_of_before_waits_for_a_file_no_longer_than_others(pair, worker) -> None:
    sealing.receives(pair, photo())
    both_leave(pair)
    is_of_before(pair)
    assert worker.looks() == []
    with pytest.raises(Conflict, match="not-sealed-yet"):
        sealing.plan(pair)
    pair.watch.goes(hours=48)
    worker.looks()

    ((_, _, reasons),) = said_of(pair)
    assert reasons[:2] == ["file_not_inspected", "of_before"]


def test_positions_of_a_visit_of_before_do_not_stay_for_another_term(pair, worker) -> None:
    pair.record(PositionNoted(position=AT_THE_DOOR))
    both_leave(pair)
    pair.watch.goes(days=60)
    is_of_before(pair)
    worker.looks()
    position = disclosure_table.c.kind == Opens.POSITION
    mine = select(disclosure_table.c.at).where(position)
    of_visit = mine.where(disclosure_table.c.visit_id == pair.visit)
    assert set(pair.hears.connection.scalars(of_visit)) == {sealed_row(pair).not_after}

    lets_go(pair, days=31)

    assert list(pair.hears.connection.scalars(of_visit)) == []


def is_of_before(pair: Pair) -> None:
    """Let a visit have been over before there were seals, as a migration finds it."""
    connection, its = pair.hears.connection, visit_table.c
    recorded = recording_table.c.id == pair.visit
    connection.execute(recording_table.delete().where(recorded))
    name = "services.field_visit.migrations.versions.0019_seals"
    connection.execute(text(import_module(name).OF_BEFORE))
    now = pair.watch.now
    due = {"look_at": now, "due": {"seal": now.isoformat()}}
    mine = visit_table.update().where(its.id == pair.visit)
    connection.execute(mine.values(**due))


def sealed_row(pair: Pair) -> Any:
    query = select(visit_table).where(visit_table.c.id == pair.visit)
    return pair.hears.connection.execute(query).one()
