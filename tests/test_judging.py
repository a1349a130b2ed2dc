"""What the bench compares comes to the same: four books, and `if`s by hand."""

import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

import rulebook
from bench.judging import ACT, BOOKS, by_hand, good_entry
from rulebook import Appointment, Care, Consent, DoorFacts, Here, Letter
from tests.rulebook.conftest import facts as of_a_case

GOOD = good_entry()
DAY = GOOD.starts_at.date()
NOON = GOOD.starts_at
EIGHT, NINE_PM = NOON.replace(hour=8), NOON.replace(hour=21)
STRANGER = UUID(int=1)
LETTER = Letter("SQ-1", True, False, frozenset(GOOD.planned), True)
SHEETS = [
    yaml.safe_load(file.read_text("utf-8"))
    for file in sorted((Path(__file__).parent / "rulebook/cases").glob("*.yaml"))
]
CASES = [
    pytest.param(case.get("but", {}), id=f"{sheet['act']}: {case['case']}")
    for sheet in SHEETS
    for case in sheet.get("cases", ())
    if sheet["act"] != "authorise_cash"
]


def here(*people: UUID, in_service: bool | None = True) -> tuple[Here, ...]:
    return tuple(Here(each, 10.0, 5.0, 3.0, True, in_service) for each in people)


def hour(agreed: bool = True, used: bool = False) -> Appointment:
    return Appointment(NINE_PM, NINE_PM + timedelta(hours=1), agreed, used)


TOO_LATE = {"starts_at": NINE_PM, "ends_at": NINE_PM}
#: What may be otherwise than it should be.
CHANGES: list[dict[str, Any]] = [
    {"starts_at": EIGHT, "ends_at": EIGHT},
    {"starts_at": EIGHT - timedelta(seconds=1)},
    {"ends_at": NINE_PM - timedelta(seconds=1)},
    {"ends_at": NINE_PM},
    {"ends_at": NOON - timedelta(seconds=1)},
    {"ends_at": NOON + timedelta(days=1)},
    {"starts_at": NOON.replace(tzinfo=None), "ends_at": NOON.replace(tzinfo=None)},
    TOO_LATE,
    TOO_LATE | {"appointment": hour()},
    TOO_LATE | {"appointment": hour(agreed=False)},
    TOO_LATE | {"appointment": hour(used=True)},
    {"here": ()},
    {"here": here(GOOD.planned[0])},
    {"here": here(GOOD.planned[0], STRANGER)},
    {"here": here(*GOOD.planned, in_service=False)},
    {"here": here(*GOOD.planned, in_service=None)},
    {"on_duty": False},
    {"on_duty": None},
    {"letter": None},
    {"letter": replace(LETTER, valid_on_day=False)},
    {"letter": replace(LETTER, revoked=True)},
    {"letter": replace(LETTER, for_agency=False)},
    {"letter": replace(LETTER, names=frozenset())},
    {"mandate_in_force": None},
    {"mandate_in_force": False},
    {"address_open": None},
    {"address_open": False},
    {"care": Care(within_plan=True)},
    {"care": Care(within_plan=False)},
    {"disputed": True},
    {"introduced": False},
    {"letter_shown": False},
    {"badge_shown": False},
    {"person_met": None},
    {"person_met": "parent"},
    {"handing": "letterbox", "person_met": None},
    {"person_capable": False},
    {"identity_confirmed": False},
    {"confirmed_items": 1},
    {"entry_reason": None},
    {"entry_reason": "cold_outside"},
    {"allowed_entry_reasons": None},
    {"allowed_entry_reasons": frozenset()},
    {"consent": None},
    {"consent": Consent("parent", True, False)},
    {"consent": Consent("debtor", False, False)},
    {"consent": Consent("debtor", True, True)},
    {"objection": True},
    {"recorded": False},
]


def by_books(facts: DoorFacts) -> list[str]:
    verdict = rulebook.judge(ACT, facts, BOOKS, DAY)
    return list(dict.fromkeys(reason.clause for reason in verdict.reasons))


def test_of_a_good_entry_both_say_nothing() -> None:
    assert by_books(GOOD) == by_hand(GOOD) == []


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: "-".join(each))
def test_both_come_to_the_same_clauses_whatever_two_things_are_wrong(change) -> None:
    for other in CHANGES:
        facts = replace(GOOD, **other | change)
        assert by_hand(facts) == by_books(facts)


@pytest.mark.parametrize("but", CASES)
def test_both_come_to_the_same_clauses_for_the_facts_of_every_case(but) -> None:
    facts = of_a_case(**but)

    assert by_hand(facts) == by_books(facts)


def test_every_clause_is_one_that_the_changes_break() -> None:
    """Else the chain could forget it, and be fast."""
    clauses = {
        clause.clause
        for name in BOOKS
        for clause in rulebook.load()[name].clauses
        if clause.in_force(DAY) and clause.judges(ACT)
    }

    broken = (by_hand(replace(GOOD, **change)) for change in CHANGES)
    assert set(itertools.chain.from_iterable(broken)) == clauses
