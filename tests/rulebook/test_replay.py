"""That what is kept of the facts is enough to judge them again, to the byte."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

import rulebook
from proto.decision import Act
from tests.rulebook.visits import ALL, CHANGES, THAT_DAY

#: Sums are numbers before they are facts: `proto/dispatch.py` lets no other in.
OF_NUMBERS = CHANGES.filter(lambda but: "NaN" not in str(but))


def judged(act, facts, on=THAT_DAY):
    """Return a verdict to the byte."""
    return to_json(rulebook.judge(act, facts, ALL, on))


@settings(max_examples=500, deadline=None)
@given(act=st.sampled_from(Act), but=OF_NUMBERS)
def test_facts_that_were_written_are_judged_as_before(act, but, asked):
    facts = asked(act, **but)

    again = rulebook.facts_from_json(act, rulebook.facts_json(facts))

    assert judged(act, again) == judged(act, facts)


@settings(max_examples=300, deadline=None)
@given(act=st.sampled_from(Act), but=OF_NUMBERS)
def test_what_was_written_is_written_again_to_the_same_bytes(act, but, asked):
    written = rulebook.facts_json(asked(act, **but))

    assert rulebook.facts_json(rulebook.facts_from_json(act, written)) == written


@pytest.mark.parametrize("act", Act)
def test_facts_as_the_services_keep_them_are_the_same_facts(act, asked):
    """They are kept by pydantic, in a column that reorders what it likes."""
    facts = asked(act, consent={"withdrawn": True}, allowed_entry_reasons=["b", "a"])
    kept = json.loads(to_json(facts))
    shuffled = dict(reversed(kept.items()))

    again = rulebook.facts_from_json(act, shuffled)

    assert judged(act, again) == judged(act, facts)
    assert rulebook.facts_json(again) == rulebook.facts_json(facts)


def test_sets_have_one_order_and_money_is_text(visit):
    facts = visit(allowed_entry_reasons=[*"hgfedcba"], payment={"amount": "10.50"})
    written = json.loads(rulebook.facts_json(facts))

    assert written["allowed_entry_reasons"] == [*"abcdefgh"]
    assert written["payment"] == {"what": "cash", "amount": "10.50", "currency": "CNY"}
    assert written["starts_at"] == "2026-03-02T10:00:00+08:00"
    assert written["letter"]["names"] == sorted(map(str, facts.letter.names))


def test_an_age_that_is_no_number_is_written_as_unknown(visit):
    astray = {"distance_m": float("nan"), "accuracy_m": float("inf")}
    written = json.loads(rulebook.facts_json(visit(here={"Li": astray})))

    (li,) = written["here"]
    assert (li["distance_m"], li["accuracy_m"]) == (None, None)


def test_facts_of_an_older_kind_are_named_and_not_guessed(visit):
    older = json.loads(rulebook.facts_json(visit()))
    del older["disputed"], older["care"]

    with pytest.raises(ValueError, match=r"of check_in, they differ in care, disputed$"):
        rulebook.facts_from_json(Act.CHECK_IN, older)


def test_facts_nobody_knows_are_not_left_out(visit):
    newer = json.loads(rulebook.facts_json(visit())) | {"weather": "rain"}

    with pytest.raises(ValueError, match="differ in weather"):
        rulebook.facts_from_json(Act.CHECK_IN, newer)


def test_the_facts_of_a_door_are_not_those_of_the_bank(visit):
    written = rulebook.facts_json(visit())

    with pytest.raises(ValueError, match="not the facts of authorise_cash"):
        rulebook.facts_from_json(Act.AUTHORISE_CASH, written)


def test_a_past_act_can_be_judged_by_the_books_of_another_day(visit):
    facts = rulebook.facts_from_json(Act.CHECK_IN, rulebook.facts_json(visit()))

    assert rulebook.judge(Act.CHECK_IN, facts, ALL, THAT_DAY).outcome == "proceed"
    assert rulebook.judge(Act.CHECK_IN, facts, ALL, date(2001, 1, 1)).outcome == "stop"
