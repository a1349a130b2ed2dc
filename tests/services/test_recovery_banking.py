"""The way of a receipt's cash to the bank: in parts, in time, and all of it."""

from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from chassis.errors import Conflict, NotFound
from proto import ids
from proto.base import Role
from proto.recovery import BankingFalls, Deposit
from tests.services.conftest import NOON
from tests.services.test_recovery_receipts import Paying

AT = NOON.astimezone(UTC)


@pytest.fixture
def paid(unit, watch) -> Paying:
    pair = Paying(unit, watch)
    pair.may_take()
    pair.issues()
    return pair


def test_cash_is_banked_by_who_carries_it(paid) -> None:
    shown = paid.banks()

    assert (shown.banked, shown.variance) == (Decimal("1234.56"), 0)
    assert paid.said == ["recovery.cash_banked"]
    assert paid.events[0].data == {
        "receipt_id": str(paid.receipt),
        "case_id": str(paid.case),
        "agency_id": str(paid.agency),
        "amount": "1234.56",
        "currency": "CNY",
        "variance": "0.00",
        "late": False,
        "clauses": [],
        "at": "2026-03-02T04:00:00Z",
    }
    assert shown.deposits == (
        Deposit(amount=Decimal("1234.56"), slip="JK-1", at=AT, late=False),
    )


@pytest.mark.parametrize(
    ("amount", "variance", "clauses"),
    [
        ("0.01", "-1234.55", ["4.34"]),
        ("1234.55", "-0.01", ["4.34"]),
        ("1234.57", "0.01", []),
    ],
)
def test_what_is_missing_or_too_much_is_told(paid, amount, variance, clauses) -> None:
    assert paid.banks(amount).variance == Decimal(variance)
    told = paid.events[0].data
    assert (told["variance"], told["clauses"]) == (variance, clauses)


@pytest.mark.parametrize("amount", ["0", "-0.01", "0.001"])
def test_what_is_no_sum_is_not_banked(paid, amount) -> None:
    with pytest.raises(ValidationError):
        paid.banks(amount)


@pytest.mark.parametrize(
    ("passed", "late", "clauses"),
    [(24 * 3600, False, []), (24 * 3600 + 1, True, ["4.34", "C.15"])],
)
def test_the_last_second_of_the_deadline_is_in_time(paid, passed, late, clauses) -> None:
    paid.watch.goes(seconds=passed)
    shown = paid.banks()

    told = paid.events[0].data
    assert (told["late"], told["clauses"]) == (late, clauses)
    assert [each.late for each in shown.deposits] == [late]


def test_the_cash_of_a_receipt_may_be_banked_in_parts(paid) -> None:
    paid.banks("1000.00")
    paid.watch.goes(hours=1)

    shown = paid.banks("234.56", "JK-2", role=Role.SUPERVISOR, person=None)
    assert (shown.banked, shown.variance) == (Decimal("1234.56"), 0)
    assert shown.deposits == (
        Deposit(amount=Decimal("1000.00"), slip="JK-1", at=AT, late=False),
        Deposit(
            amount=Decimal("234.56"), slip="JK-2", at=AT + timedelta(hours=1), late=False
        ),
    )
    told = paid.events[0].data
    assert (told["amount"], told["variance"], told["clauses"]) == ("234.56", "0.00", [])
    (receipt,) = paid.money().receipts
    assert receipt == shown == paid.shows(Role.COMPLIANCE)


def test_the_same_slip_again_is_the_same_part(paid) -> None:
    first = paid.banks("1000.00")

    assert paid.banks("1000.00", " JK-1 ") == first
    assert paid.said == []
    with pytest.raises(Conflict, match="cash-banked-otherwise") as refused:
        paid.banks("234.56")
    told = {"key": "SJ2026-000001", "banked": "1000.00 CNY", "slip": "JK-1"}
    assert refused.value.values == told


def test_when_all_is_banked_nothing_more_is(paid) -> None:
    paid.banks("1000.00")
    paid.banks("234.56", "JK-2")

    with pytest.raises(Conflict, match="cash-banked-otherwise") as refused:
        paid.banks("0.01", "JK-3")
    told = {"key": "SJ2026-000001", "banked": "1234.56 CNY", "slip": "JK-1, JK-2"}
    assert refused.value.values == told


def test_banking_the_same_again_changes_nothing_and_otherwise_is_refused(paid) -> None:
    first = paid.banks()

    assert paid.banks(role=Role.SUPERVISOR, person=None) == first
    assert paid.said == []
    for other in ({"amount": "1234.55"}, {"slip": "JK-2"}):
        with pytest.raises(Conflict, match="cash-banked-otherwise"):
            paid.banks(**other)


@pytest.mark.parametrize(
    "who",
    [
        {"role": Role.SUPERVISOR, "agency": ids.new()},
        {"person": ids.new()},
        {"agency": ids.new()},
    ],
)
def test_what_others_carry_is_not_banked(paid, who) -> None:
    with pytest.raises(NotFound):
        paid.banks(**who)


@pytest.mark.parametrize(
    ("banked", "missing"),
    [(None, "1234.56"), ("0.01", "1234.55"), ("1234.55", "0.01")],
)
def test_what_is_not_banked_by_the_deadline_is_overdue(paid, banked, missing) -> None:
    falls = BankingFalls(receipt_id=paid.receipt, case_id=paid.case)
    if banked:
        paid.banks(banked)
    paid.watch.goes(hours=24, seconds=1)

    paid.does(falls)
    assert paid.said == ["recovery.banking_overdue"]
    assert paid.events[0].data == {
        "receipt_id": str(paid.receipt),
        "case_id": str(paid.case),
        "agency_id": str(paid.agency),
        "bank_by": "2026-03-03T04:00:00Z",
        "missing": missing,
        "clauses": ["4.34", "C.15"],
        "at": "2026-03-03T04:00:01Z",
    }
    paid.banks(missing, "JK-9")
    assert paid.events[0].data["clauses"] == ["4.34", "C.15"]
    paid.does(falls)
    assert paid.said == []


def test_what_is_banked_in_time_and_in_full_is_not_overdue(paid) -> None:
    paid.banks("1000.00")
    paid.banks("234.57", "JK-2")
    paid.watch.goes(hours=24, seconds=1)

    paid.does(BankingFalls(receipt_id=paid.receipt, case_id=paid.case))
    assert paid.said == []
