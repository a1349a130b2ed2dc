"""Every norm that goes by the hour says when its answer turns."""

import pytest

import rulebook
from proto.decision import Act
from rulebook import DoorFacts
from rulebook.rule import Excuse, Rule
from rulebook.topics import EXCUSES, RULES
from tests.acting import BOOKS
from tests.rulebook.conftest import facts

OF_THE_HOUR = {"starts_at", "ends_at"}
NORMS: list[type[Rule] | type[Excuse]] = [*RULES.values(), *EXCUSES.values()]


@pytest.mark.parametrize("norm", NORMS, ids=lambda norm: norm.key)
def test_whatever_reads_the_hours_says_when_it_turns(norm) -> None:
    silent = norm.turns in (Rule.turns, Excuse.turns)
    assert silent is not bool(norm.reads & OF_THE_HOUR)


def test_the_hours_of_a_visit_turn_when_it_may_begin_and_when_it_must_end() -> None:
    good = facts()
    turns = rulebook.turns(Act.CHECK_IN, good, BOOKS, good.starts_at.date())

    assert {f"{each:%H:%M}" for each in turns} >= {"08:00", "20:30", "21:00"}
    assert all(each.tzinfo is good.starts_at.tzinfo for each in turns)


def test_a_named_hour_turns_so_that_all_of_the_visit_lies_in_it() -> None:
    """A visit takes half an hour: the hour until ten is over for it at half past nine."""
    named: DoorFacts = facts(
        appointment={"from": "21:00:00", "until": "22:00:00"},
        starts_at="21:00:00",
        ends_at="21:30:00",
    )
    turns = rulebook.turns(Act.CHECK_IN, named, BOOKS, named.starts_at.date())
    assert {"21:00", "21:30"} <= {f"{each:%H:%M}" for each in turns}
