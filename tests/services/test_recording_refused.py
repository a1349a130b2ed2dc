"""Who does not want to be recorded is left in peace, and nobody is blamed for it (S11)."""

import pytest
from sqlalchemy import select

import rulebook
from proto.decision import Outcome
from proto.facts import DebtDiscussed, Entered, Recording
from proto.field_visit import Ending, RecordJournal
from services.field_visit import handlers
from services.field_visit.model import verdict_table
from tests.services.pairs import CONSENT, RECORDING, THE_DEBTOR, Pair, judged
from tests.services.test_stops import due

OBJECTED = Recording(announced=True, running=False, reason="objected")


@pytest.fixture
def pair(unit, watch) -> Pair:
    """A pair that speaks with the debtor."""
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR)
    assert judged(pair.may_talk()) == (Outcome.PROCEED, [])
    return pair


def verdicts(pair) -> list[tuple[str, list[str]]]:
    table = verdict_table
    query = select(table.c.verdict, table.c.clauses).where(table.c.visit_id == pair.visit)
    rows = pair.hears.connection.execute(query.order_by(table.c.seq))
    return [(row.verdict, row.clauses) for row in rows]


def test_all_that_was_allowed_ends_and_nobody_is_marked(pair) -> None:
    told = pair.record(OBJECTED)

    assert told.script == rulebook.script("door.leave")
    assert (pair.said, verdicts(pair)) == ([], [])
    talk = pair.may_talk()
    assert judged(talk)[0] is Outcome.STOP
    assert {"21.079", "21.088"} <= set(judged(talk)[1])
    assert talk.script == rulebook.script("door.leave")
    pair.check_out(Ending.DECLINED)
    assert pair.said == ["field_visit.collectors_left"]
    assert verdicts(pair) == []


def test_no_recorder_that_is_started_again_talks_them_out_of_it(pair) -> None:
    """Nor that of the other phone: they were asked once, and said no."""
    pair.record(OBJECTED)

    pair.record(RECORDING, phone=pair.b)
    assert judged(pair.may_talk(RECORDING))[0] is Outcome.STOP
    assert judged(pair.may_enter(CONSENT))[0] is Outcome.STOP


def test_whoever_goes_on_without_a_record_is_marked(pair) -> None:
    pair.record(OBJECTED)

    pair.record(DebtDiscussed())

    ((verdict, clauses),) = verdicts(pair)
    assert (verdict, "21.088" in clauses) == ("breach", True)


def test_what_was_said_before_they_objected_is_nobody_s_fault(pair, watch) -> None:
    """The other phone's entry of before arrives after."""
    before = pair.b.writes(pair.visit, watch.now, DebtDiscussed())
    watch.goes(seconds=20)
    pair.record(OBJECTED)

    command = RecordJournal(visit_id=pair.visit, journal=before)
    pair.does(handlers.record_journal, command, pair.b)

    assert verdicts(pair) == [("fine", [])]


def test_who_is_inside_leaves_within_the_minutes(pair) -> None:
    assert judged(pair.may_enter(CONSENT))[0] is Outcome.PROCEED
    pair.record(Entered())

    pair.record(OBJECTED)

    assert len([what for what, _ in due(pair) if what == "end_stay"]) == 1


def test_a_recorder_that_broke_is_still_looked_at(pair) -> None:
    pair.record(Recording(announced=True, running=False, reason="broken"))

    ((verdict, _),) = verdicts(pair)
    assert verdict == "suspected"
