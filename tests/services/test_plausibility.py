"""Scores of a visit's positions: made from check-ins, shown to few, answered, followed by
nothing; and positions that go.
"""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.settings import settings
from chassis.shredding import Reason, shred
from proto import ids
from proto.base import Role
from proto.complaints import WorkStanding
from proto.field_visit import PlausibilityScored, SummonHelp
from proto.media import Inspection, MediaKind, NoteInspection, ReceiveMedia
from proto.places import Position
from proto.plausibility import (
    Signal,
)
from services.field_visit import handlers
from services.field_visit.jobs import scoring
from services.field_visit.model import checked_in_table, journal_table, visit_table
from tests.services.looking import BESIDE, COPIED, SCORED, Looked, move, signals


@pytest.fixture
def pair(unit, watch) -> Looked:
    return Looked(unit, watch)


def test_a_visit_that_ends_is_looked_at_once(pair) -> None:
    pair.visits()

    assert pair.leaves() == [{"visit_id": str(pair.visit)}]
    assert pair.leaves() == [{"visit_id": str(pair.visit)}]


def test_honest_positions_come_to_nothing(pair) -> None:
    pair.visits()
    pair.leaves()
    pair.is_looked_at()

    shown = pair.shown()
    both = sorted((pair.a.person_id, pair.b.person_id))
    assert [score.collector_id for score in shown.scores] == both
    assert [(s.combined, s.fixes, s.refused) for s in shown.scores] == [(0.0, 1, 0)] * 2
    assert signals(shown) == {each: [] for each in both}
    assert pair.said == [SCORED]


def test_a_copied_door_is_found_with_its_numbers_in_both_languages(pair) -> None:
    pair.visits(a=COPIED)
    pair.leaves()
    pair.is_looked_at()

    (score,) = (s for s in pair.shown().scores if s.collector_id == pair.a.person_id)
    (found,) = score.findings
    assert (found.signal, score.worth_a_look) == (Signal.TARGET_COPIED, True)
    assert found.numbers["distance_m"] == 0.0
    assert found.numbers["accuracy_m"] == 9.0
    assert "0.0 m from the registered point" in found.says["en"]
    assert "9.0 米" in found.says["zh-CN"]


def test_the_event_tells_how_much_and_neither_where_nor_whom(pair) -> None:
    pair.visits(a=COPIED)
    pair.leaves()
    pair.is_looked_at()

    (event,) = pair.events
    told = PlausibilityScored.model_validate(event.data)
    assert (told.found, told.worth_a_look) == (1, True)
    assert set(event.data) == {
        *("visit_id", "case_id", "agency_id", "found", "worth_a_look", "at")
    }


def test_no_score_finding_or_event_has_a_coordinate(pair) -> None:
    pair.visits(a=COPIED, b=COPIED)
    pair.leaves()
    found = pair.is_looked_at()

    everything = text(
        "SELECT t::text FROM score t UNION ALL SELECT t::text FROM finding t"
        " UNION ALL SELECT t::text FROM outbox t UNION ALL SELECT t::text FROM job t"
    )
    kept = "\n".join(pair.hears.connection.scalars(everything))
    assert "target_copied" in kept
    for degrees in ("31.23", "121.47"):
        assert degrees not in kept + found.model_dump_json()


def test_nothing_follows_from_the_worst_of_scores(pair) -> None:
    """No permit, no hold, no breach, no standing: what a visit is does not change."""
    pair.visits(a=COPIED, b=COPIED)
    found = pair.looks()
    worst = tuple(each.model_copy(update={"combined": 1.0}) for each in found.scored)
    before = everything_but_scores(pair)

    pair.does(handlers.note_scores, found.model_copy(update={"scored": worst}))

    assert pair.said == [SCORED]
    assert everything_but_scores(pair) == before
    assert pair.may_talk().decision.decision_id  # asked and judged as before
    others = [e.type for e in pair.events]
    assert SCORED not in others


def everything_but_scores(pair) -> dict[str, list[tuple]]:
    """Every row of the service but of the scores themselves, and what carried them."""
    ours = {"score", "finding", "finding_reply", "outbox", "subject"}
    names = text(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        " AND tablename !~ 'version|answered_'"
    )
    connection = pair.hears.connection
    found = {}
    for name in set(connection.scalars(names)) - ours:
        rows = connection.execute(text(f"SELECT t::text FROM {name} t ORDER BY 1"))
        found[name] = [tuple(row) for row in rows]
    assert {"visit", "decision", "leave", "kept", "job"} <= found.keys()
    return found


def test_no_other_handler_reads_a_score() -> None:
    """Whoever lets a score decide has to change this test first."""
    root = Path(handlers.__file__).parent.parent
    words = ("score_table", "finding_table", "scores_of_visit", "findings_of_visit")
    readers = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if any(word in path.read_text("utf-8") for word in words)
    }

    assert readers == {
        "handlers/plausibility.py",
        "model/__init__.py",
        "model/tables.py",
        "store/__init__.py",
        "store/forgetting.py",  # what is evidence is not let go
        "store/scores.py",
    }


def test_what_is_found_once_more_is_no_news(pair) -> None:
    pair.visits(a=COPIED)
    pair.leaves()
    pair.is_looked_at()
    pair.watch.goes(minutes=5)
    before = signals(pair.shown())

    pair.is_looked_at()

    assert (pair.said, signals(pair.shown())) == ([], before)


def test_a_look_that_was_made_before_another_is_told_too_late(pair) -> None:
    pair.visits(a=COPIED)
    pair.leaves()
    early = pair.looks().model_copy(update={"scored": ()})
    pair.watch.goes(seconds=5)
    pair.is_looked_at()

    pair.does(handlers.note_scores, early)

    assert pair.said == []
    assert signals(pair.shown())[pair.a.person_id] == [Signal.TARGET_COPIED]


def test_what_is_no_longer_found_is_superseded_with_its_reply(pair) -> None:
    pair.visits(a=COPIED)
    pair.leaves()
    found = pair.is_looked_at()
    (score,) = (s for s in pair.shown().scores if s.collector_id == pair.a.person_id)
    pair.replies(score.findings[0].finding_id)
    pair.watch.goes(minutes=1)
    nothing = [each.model_copy(update={"found": ()}) for each in found.scored]

    later = {"scored": nothing, "looked_at": pair.watch.now}
    pair.does(handlers.note_scores, found.model_copy(update=later))

    (score,) = (s for s in pair.shown().scores if s.collector_id == pair.a.person_id)
    (finding,) = score.findings
    assert finding.superseded_at == pair.watch.now - timedelta(seconds=1)
    assert [reply.text for reply in finding.replies] == ["那天导航软件开着"]
    assert pair.said == [SCORED]


def test_two_who_are_far_apart_are_both_told(pair) -> None:
    away = Position(latitude=31.2349, longitude=121.4737, accuracy_m=9)
    pair.visits(b=away)
    found = pair.is_looked_at()

    assert {f.signal for each in found.scored for f in each.found} == {Signal.PAIR_MISMATCH}
    assert len(signals(pair.shown())) == 2


def test_another_district_minutes_ago_is_found_by_the_earlier_visit(
    pair, unit, watch
) -> None:
    pair.visits()
    other = Looked(unit, watch)
    other.a = pair.a
    far = Position(latitude=31.0, longitude=121.2, accuracy_m=9)
    there = Looked(unit, watch)
    watch.goes(minutes=4)
    move(there, pair.a)
    there.check_in(pair.a, at=far)

    found = scoring.scored(there.visit, there.hears.connection)

    (speed,) = (
        f
        for each in found.scored
        for f in each.found
        if f.signal is Signal.IMPOSSIBLE_SPEED
    )
    assert speed.numbers["needed_kmh"] > 400
    assert speed.numbers["accuracy_m"] == 9.0


def test_a_photo_that_another_visit_had_is_found(pair, unit, watch) -> None:
    first = Looked(unit, watch)
    first.check_in(first.a, at=BESIDE)
    for each in (first, pair):
        takes_photo(each)
        watch.goes(minutes=30)
    pair.visits()
    found = pair.is_looked_at()

    (photo,) = (f for each in found.scored for f in each.found)
    assert (photo.signal, photo.score) == (Signal.REUSED_PHOTO, 1.0)
    assert signals(pair.shown())[pair.b.person_id] == []


def takes_photo(pair: Looked, **but) -> ReceiveMedia:
    unit = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    handlers.note_phone(pair.device_standing(pair.a), unit)
    sent = ReceiveMedia(
        media_id=ids.new(),
        visit_id=pair.visit,
        device_id=pair.a.device_id,
        kind=MediaKind.PHOTO,
        media_type="image/jpeg",
        sha256="c" * 64,
        size=1,
        captured_at=pair.watch.now,
        received_at=pair.watch.now,
    )
    handlers.receive_media(sent, unit)
    unit.settle()
    return sent


def test_a_photo_that_comes_late_has_the_visit_looked_at_again(pair) -> None:
    pair.visits()
    assert len(pair.leaves()) == 1
    sent = takes_photo(pair)
    taken = Inspection(taken_at=pair.watch.now - timedelta(hours=50.2))

    told = NoteInspection(media_id=sent.media_id, visit_id=pair.visit, found=taken)
    pair.does(handlers.note_inspection, told)

    assert len(pair.leaves()) == 2
    found = {f.signal for each in pair.looks().scored for f in each.found}
    assert found == {Signal.EXIF_CONTRADICTION}


def test_a_position_outside_the_time_of_work_is_counted_and_not_looked_at(pair) -> None:
    pair.visits(a=COPIED)
    later = pair.watch.now + timedelta(hours=1)
    begun = update(journal_table).where(journal_table.c.kind == "shift_started")
    pair.hears.connection.execute(begun.values(at=later))

    found = pair.looks()

    assert [(s.fixes, s.refused, s.found, s.combined) for s in found.scored] == [
        (0, 1, (), 0.0)
    ] * 2


def test_where_a_phone_never_spoke_of_shifts_its_plan_stands_in(pair) -> None:
    pair.visits(a=COPIED)
    pair.hears.connection.execute(delete(journal_table))
    assert [(s.fixes, s.refused) for s in pair.looks().scored] == [(1, 0)] * 2

    later = {"not_before": pair.watch.now + timedelta(hours=1)}
    pair.hears.change(visit_table, pair.visit, **later)
    pair.hears.settle()

    assert [(s.fixes, s.refused) for s in pair.looks().scored] == [(0, 1)] * 2


def test_each_of_a_pair_sees_what_is_about_themself(pair) -> None:
    pair.visits(a=COPIED)
    pair.is_looked_at()

    mine = pair.shown(Role.FIELD_COLLECTOR, pair.a)
    assert signals(mine) == {pair.a.person_id: [Signal.TARGET_COPIED]}
    theirs = pair.shown(Role.FIELD_COLLECTOR, pair.b)
    assert signals(theirs) == {pair.b.person_id: []}
    assert pair.shown(Role.SUPERVISOR) == pair.shown(Role.COMPLIANCE)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.FIELD_COLLECTOR])
def test_nobody_else_is_shown_anything(pair, role) -> None:
    pair.visits(a=COPIED)
    pair.is_looked_at()
    stranger = Looked(pair.open, pair.watch).a

    with pytest.raises(NotFound):
        pair.shown(role, stranger, agency=ids.new())


@pytest.mark.parametrize(
    "role", [Role.BANK_OFFICER, Role.COMPLAINTS_OFFICER, Role.PHONE_COLLECTOR]
)
def test_roles_that_may_not_are_refused(pair, role) -> None:
    with pytest.raises(Forbidden):
        pair.shown(role)


def test_who_is_concerned_answers_as_often_as_they_like(pair) -> None:
    pair.visits(a=COPIED)
    pair.is_looked_at()
    finding = finding_of(pair)

    first, again = ids.new(), ids.new()
    pair.replies(finding, "导航开着", reply_id=first)
    pair.replies(finding, "导航开着", reply_id=first)
    pair.watch.goes(minutes=1)
    pair.replies(finding, "请看当天录音", reply_id=again)

    (score,) = pair.shown(Role.FIELD_COLLECTOR, pair.a).scores
    said = [(reply.reply_id, reply.text) for reply in score.findings[0].replies]
    assert said == [(first, "导航开着"), (again, "请看当天录音")]


def finding_of(pair: Looked) -> UUID:
    (score,) = pair.shown(Role.FIELD_COLLECTOR, pair.a).scores
    return score.findings[0].finding_id


def test_a_reply_lies_sealed_and_goes_with_its_case(pair) -> None:
    pair.visits(a=COPIED)
    pair.is_looked_at()
    pair.replies(finding_of(pair), "导航开着")

    connection = pair.hears.connection
    (kept,) = connection.scalars(text("SELECT finding_reply::text FROM finding_reply"))
    assert "导航开着" not in kept
    assert '"alg": "A256GCM"' in kept.replace('""', '"')
    shred(connection, pair.case, "test", Reason.ASKED)
    (score,) = pair.shown(Role.FIELD_COLLECTOR, pair.a).scores
    assert [reply.text for reply in score.findings[0].replies] == [None]


def test_nobody_answers_for_somebody_else(pair) -> None:
    pair.visits(a=COPIED)
    pair.is_looked_at()
    mine = finding_of(pair)

    with pytest.raises(NotFound):
        pair.replies(mine, phone=pair.b)
    with pytest.raises(NotFound):
        pair.replies(ids.new())
    with pytest.raises(NotFound):
        pair.replies(mine, phone=Looked(pair.open, pair.watch).a)


def test_a_reply_is_not_moved_to_another_finding(pair) -> None:
    pair.visits(a=COPIED, b=COPIED)
    pair.is_looked_at()
    one, other = (
        f.finding_id for f in pair.shown(Role.FIELD_COLLECTOR, pair.a).scores[0].findings
    )
    reply = ids.new()
    pair.replies(one, reply_id=reply)

    with pytest.raises(Conflict):
        pair.replies(other, reply_id=reply)


def test_positions_go_after_their_days_and_their_distance_stays(pair) -> None:
    pair.visits()
    pair.leaves()
    both = {pair.a.person_id, pair.b.person_id}

    pair.time_passes(settings().position_days - 0.1)
    assert pair.positions() == dict.fromkeys(both, (True, None))
    pair.time_passes(0.2)
    assert pair.positions() == dict.fromkeys(both, (False, None))

    distance = select(checked_in_table.c.distance_m)
    mine = distance.where(checked_in_table.c.visit_id == pair.visit)
    assert all(m > 5 for m in pair.hears.connection.scalars(mine))
    assert scoring.scored(pair.visit, pair.hears.connection) is None
    pair.shown()


def calls_for_help(pair) -> None:
    command = SummonHelp(
        visit_id=pair.visit,
        help_id=ids.new(),
        device_id=pair.a.device_id,
        at=pair.watch.now,
    )
    pair.does(handlers.summon_help, command)


def is_complained_of(pair) -> None:
    unit = pair.open("field_visit")
    unit.keep(WorkStanding(case_id=pair.case, suspended=True, version=1))
    unit.settle()


EVIDENCE = {
    "help": calls_for_help,
    "not_allowed": lambda pair: pair.may_enter(),
    "finding": lambda pair: (pair.check_in(pair.b, at=COPIED), pair.is_looked_at()),
    "complaint": is_complained_of,
}


@pytest.mark.parametrize("why", EVIDENCE)
def test_what_is_evidence_stays_and_says_why(pair, why) -> None:
    pair.visits()
    pair.watch.goes(seconds=2)
    EVIDENCE[why](pair)

    pair.time_passes(settings().position_days + 1)
    pair.time_passes(400)

    assert set(pair.positions().values()) == {(True, why)}


def test_a_visit_that_was_answered_stays_as_well(pair) -> None:
    """A finding too small to be evidence is, once somebody has said something to it."""
    pair.visits(b=BESIDE)
    found = pair.looks()
    small = [
        each.model_copy(
            update={"found": tuple(f.model_copy(update={"score": 0.2}) for f in each.found)}
        )
        for each in found.scored
    ]
    pair.does(handlers.note_scores, found.model_copy(update={"scored": small}))
    pair.replies(finding_of(pair))

    pair.time_passes(settings().position_days + 1)

    assert set(pair.positions().values()) == {(True, "reply")}
