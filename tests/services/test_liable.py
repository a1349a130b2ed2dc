"""A relative who owes the debt too, because the bank says so (S2)."""

from datetime import date, timedelta

import pytest

import rulebook
from chassis.errors import Conflict, Invalid
from proto import ids
from proto.decision import Outcome
from proto.dispatch import ReleaseLiable, TypeLiable
from proto.facts import Appointment, ConsentGiven, DebtDiscussed, Identified, PersonMet
from tests.services.pairs import INTRODUCED, RECORDING, Pair, judged
from tests.services.placing import place
from tests.services.test_case_holds import done, standing

MOTHER = PersonMet(relation="parent")
SHOWN = Identified(name_said=True, items=("card_tail", "birth_year"))
ALONE = {"4.17", "13.08", "13.09", "16.08", "21.037"}


@pytest.fixture
def pair(unit, watch) -> Pair:
    """A pair at a door where the debtor's parents have vouched for the debt."""
    pair = Pair(unit, watch)
    pair.hear(pair.case_standing(2, liable=("parent",)))
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, INTRODUCED, MOTHER)
    return pair


def test_she_is_asked_who_she_is_and_then_spoken_with(pair) -> None:
    first = pair.may_talk()
    assert judged(first)[0] is Outcome.STOP
    assert set(judged(first)[1]) >= ALONE
    assert first.script == rulebook.script("door.introduce")

    assert judged(pair.may_talk(SHOWN)) == (Outcome.PROCEED, [])


def test_nobody_comes_in_or_takes_money_on_her_word(pair) -> None:
    pair.record(SHOWN)
    assert "21.090" in judged(pair.may_enter(ConsentGiven(answer="given", by="parent")))[1]
    assert "13.08" in judged(pair.may_take("100.00"))[1]


def test_that_she_is_known_makes_no_debtor_of_her(pair) -> None:
    """Neither a consent in the debtor's name nor an hour that she names is the debtor's."""
    own = ConsentGiven(answer="given", by="debtor")
    assert set(judged(pair.may_enter(SHOWN, own))[1]) >= ALONE

    soon = pair.watch.now + timedelta(hours=1)
    hour = {"starts_at": soon, "ends_at": soon + timedelta(hours=1), "proof": "spoken"}
    pair.record(Appointment(**hour))
    assert pair.said == []


def test_that_one_parent_was_shown_says_nothing_of_the_next(pair) -> None:
    assert judged(pair.may_talk(SHOWN))[0] is Outcome.PROCEED

    assert set(judged(pair.may_talk(MOTHER))[1]) >= ALONE


@pytest.mark.parametrize("relation", ["spouse", "kin", "neighbour", "unknown"])
def test_nobody_else_is_excused(pair, relation) -> None:
    talk = pair.may_talk(PersonMet(relation=relation), SHOWN)

    assert set(judged(talk)[1]) >= ALONE
    assert talk.script == rulebook.script("door.third_party")


def test_once_the_bank_says_otherwise_she_is_told_no_more(pair) -> None:
    assert judged(pair.may_talk(SHOWN))[0] is Outcome.PROCEED

    pair.hear(pair.case_standing(3))

    assert set(judged(pair.may_talk())[1]) >= ALONE
    pair.record(DebtDiscussed())
    assert pair.said == ["field_visit.breach_recorded"]


def test_the_bank_says_who_it_is_and_the_doorstep_learns_the_relation_alone(unit) -> None:
    placed, liable_id = place(unit), ids.new()
    her = {"liable_id": liable_id, "relation": "parent", "owes_as": "guarantor"}
    her |= {"name": "吴桂芳", "since": date(2026, 1, 1)}

    shown, its = done(TypeLiable, placed, unit, **her)

    assert [each.relation for each in shown.liable] == ["parent"]
    assert standing(its).liable == ("parent",)
    said = str([event.model_dump(mode="json") for event in its.said])
    assert ("吴桂芳" in said, "guarantor" in said) == (False, False)
    again, quiet = done(TypeLiable, placed, unit, **her)
    assert (again, quiet.said) == (shown, [])
    with pytest.raises(Conflict, match="key-known-otherwise"):
        done(TypeLiable, placed, unit, **her | {"name": "别人"})
    later = {"liable_id": ids.new(), "since": date(2026, 3, 3)}
    with pytest.raises(Invalid):
        done(TypeLiable, placed, unit, **her | later)

    released, its = done(ReleaseLiable, placed, unit, liable_id=liable_id)
    assert (released.liable, standing(its).liable) == ((), ())
    again, quiet = done(ReleaseLiable, placed, unit, liable_id=liable_id)
    assert (again, quiet.said) == (released, [])
