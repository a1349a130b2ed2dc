"""Money that was left behind: an incident, never a payment (S10)."""

from datetime import UTC
from decimal import Decimal

import pytest

from chassis.errors import Conflict, NotFound
from proto import ids
from proto.recovery import IncidentShown, SettleMoneyLeft
from services.recovery import handlers
from tests.services.conftest import NOON
from tests.services.test_recovery_receipts import Paying

AT = NOON.astimezone(UTC)


@pytest.fixture
def pair(unit, watch) -> Paying:
    return Paying(unit, watch)


@pytest.mark.parametrize(("passed", "late"), [(30 * 60, False), (30 * 60 + 1, True)])
def test_money_left_is_an_incident_and_half_an_hour_is_in_time(pair, passed, late) -> None:
    left = pair.left()
    pair.watch.goes(seconds=passed)
    pair.hear(handlers.note_money_left, left)

    (incident,) = pair.money().incidents
    assert incident == IncidentShown(
        incident_id=incident.incident_id,
        amount=Decimal("200.00"),
        currency="CNY",
        at=AT,
        counted_by_both=True,
        reported_late=late,
        outcome=None,
    )
    assert pair.money().receipts == ()


def test_only_the_bank_is_told_of_money_left(pair) -> None:
    pair.hear(handlers.note_money_left, pair.left())

    (told,) = pair.events
    assert told.type == "recovery.money_left_noted"
    assert told.data == {
        "incident_id": told.data["incident_id"],
        "case_id": str(pair.case),
        "amount": "200.00",
        "currency": "CNY",
        "counted_by_both": True,
        "reported_late": False,
        "clauses": [],
        "at": "2026-03-02T04:00:00Z",
    }


def test_a_late_report_is_told_with_the_clause_against_it(pair) -> None:
    left = pair.left()
    pair.watch.goes(minutes=30, seconds=1)
    pair.hear(handlers.note_money_left, left)

    told = pair.events[0].data
    assert (told["reported_late"], told["clauses"]) == (True, ["C.16"])


@pytest.mark.parametrize("first", [True, False])
def test_what_one_phone_says_was_not_counted_by_both_was_not(pair, first) -> None:
    for counted in (first, not first):
        left = pair.left().model_copy(update={"counted_by_both": counted})
        pair.hear(handlers.note_money_left, left)
        told = [each.data["counted_by_both"] for each in pair.events]
        assert told == ([counted] if counted is first or not counted else [])

    (incident,) = pair.money().incidents
    assert incident.counted_by_both is False


def test_what_both_phones_report_is_one_incident(pair) -> None:
    pair.hear(handlers.note_money_left, pair.left())
    pair.hear(handlers.note_money_left, pair.left())

    assert pair.said == []
    assert len(pair.money().incidents) == 1


def test_the_bank_settles_an_incident_once(pair) -> None:
    pair.hear(handlers.note_money_left, pair.left())
    (incident,) = pair.money().incidents

    def settles(outcome):
        return SettleMoneyLeft(
            incident_id=incident.incident_id, case_id=pair.case, outcome=outcome
        )

    settled = incident.model_copy(update={"outcome": "returned"})
    assert pair.does(settles("returned")) == settled
    assert pair.does(settles("returned")) == settled
    with pytest.raises(Conflict, match="money-left-settled"):
        pair.does(settles("booked_by_the_bank"))
    unknown = settles("returned").model_copy(update={"incident_id": ids.new()})
    with pytest.raises(NotFound):
        pair.does(unknown)
