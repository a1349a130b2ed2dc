"""What was taken back, when, by what: deeds are judged by it, and by nothing later."""

import pytest
from sqlalchemy import select

from proto.dispatch import CaseState
from proto.facts import DebtDiscussed
from proto.field_visit import RecordJournal
from proto.letters import LetterState
from proto.workforce import DeviceState
from services.field_visit import handlers
from services.field_visit.model import verdict_table, withdrawal_table
from tests.services.pairs import RECORDING, THE_DEBTOR, Pair, judged
from tests.services.test_swapping import Crew


@pytest.fixture
def crew(unit, watch) -> Crew:
    return Crew(unit, watch)


@pytest.fixture
def cleared(unit, watch) -> Pair:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, phone=pair.b)
    return pair


def verdicts(pair: Pair) -> list[tuple[str, list[str]]]:
    its = verdict_table.c
    query = select(its.verdict, its.clauses).where(its.visit_id == pair.visit)
    rows = pair.hears.connection.execute(query.order_by(its.at, its.seq))
    return [(row.verdict, row.clauses) for row in rows]


def ended(pair: Pair) -> list:
    """When each withdrawal of the visit ended."""
    its = withdrawal_table.c
    query = select(its.ended_at).where(its.visit_id == pair.visit).order_by(its.at, its.id)
    return list(pair.hears.connection.scalars(query))


def sends_late(pair: Pair, journal) -> None:
    """Let the second phone send what it has kept."""
    command = RecordJournal(visit_id=pair.visit, journal=journal)
    pair.does(handlers.record_journal, command, pair.b)


# By what it was


def test_one_person_does_not_end_what_another_takes_back(cleared) -> None:
    cleared.hear(cleared.person_standing(cleared.b, 2, in_service=False))
    cleared.hear(cleared.person_standing(cleared.a, 2))
    assert ended(cleared) == [None]

    cleared.watch.goes(minutes=1)
    cleared.hear(cleared.person_standing(cleared.b, 3))
    assert ended(cleared) == [cleared.watch.now]


def test_who_left_and_their_letter_speak_no_more_against_the_new_pair(crew) -> None:
    crew.hear(crew.person_standing(crew.b, 2, in_service=False))
    crew.hear(crew.letter_standing(2, state=LetterState.REVOKED))
    crew.watch.goes(minutes=1)
    crew.swaps()
    crew.begins_shift(crew.c)
    crew.watch.goes(minutes=1)
    assert judged(crew.check_in(crew.a, crew.c)) == ("proceed", [])
    crew.record(RECORDING)
    crew.may_talk(*THE_DEBTOR)

    crew.record(DebtDiscussed())

    assert verdicts(crew) == [("fine", [])]
    assert None not in ended(crew)


def test_who_stays_out_of_service_speaks_against_the_new_pair_still(crew) -> None:
    crew.hear(crew.person_standing(crew.a, 2, in_service=False))
    crew.swaps()

    assert ended(crew) == [None]


# By when it was


def test_what_was_done_before_a_recall_that_came_after_the_end_is_no_breach(
    cleared,
) -> None:
    cleared.may_talk(*THE_DEBTOR)
    spoke = cleared.journal(DebtDiscussed(), phone=cleared.b)
    cleared.watch.goes(minutes=10)
    cleared.check_out()
    cleared.watch.goes(hours=2)
    cleared.hear(cleared.case_standing(2, state=CaseState.RECALLED))
    cleared.watch.goes(hours=1)

    sends_late(cleared, spoke)

    assert verdicts(cleared) == [("unknowing", ["4.38"])]  # without an anchor: perhaps


def test_a_recall_of_a_case_takes_nothing_back_of_visits_long_over(cleared) -> None:
    cleared.check_out()
    cleared.watch.goes(days=9)
    cleared.hear(cleared.case_standing(2, state=CaseState.RECALLED))

    assert ended(cleared) == []


# By the clearance of its time


def test_a_talk_of_before_the_check_out_is_judged_by_what_was_said_in_it(cleared) -> None:
    talk = cleared.journal(*THE_DEBTOR, DebtDiscussed(), phone=cleared.b)
    cleared.watch.goes(minutes=10)
    cleared.check_out()
    cleared.watch.goes(minutes=5)

    sends_late(cleared, talk)

    assert verdicts(cleared) == [("fine", [])]


def test_a_talk_of_after_the_check_out_is_a_breach(cleared) -> None:
    cleared.watch.goes(minutes=1)
    cleared.check_out()
    cleared.watch.goes(minutes=5)

    sends_late(cleared, cleared.journal(*THE_DEBTOR, DebtDiscussed(), phone=cleared.b))

    ((verdict, _),) = verdicts(cleared)
    assert verdict == "breach"


def test_a_whole_talk_out_of_reach_of_a_recall_is_no_breach(cleared) -> None:
    cleared.watch.goes(seconds=30)
    cleared.hear(cleared.case_standing(2, state=CaseState.RECALLED))
    cleared.watch.goes(seconds=30)
    talk = cleared.journal(*THE_DEBTOR, DebtDiscussed(), phone=cleared.b)
    cleared.watch.goes(hours=1)

    sends_late(cleared, talk)

    assert verdicts(cleared) == [("unknowing", ["4.38"])]


def test_what_a_lost_phone_says_of_a_talk_helps_nobody(cleared) -> None:
    talk = cleared.journal(*THE_DEBTOR, DebtDiscussed(), phone=cleared.b)
    cleared.hear(cleared.device_standing(cleared.b, 2, state=DeviceState.REVOKED))

    sends_late(cleared, talk)

    ((verdict, _),) = verdicts(cleared)
    assert verdict == "breach"
