"""A receipt for what was taken, its way to the bank, and money that was left behind."""

from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from chassis.errors import Conflict, NotFound
from proto import ids
from proto.base import Role
from proto.dispatch import CaseState
from proto.field_visit import (
    CashTaken,
    MoneyLeftBehind,
)
from proto.recovery import (
    BankCash,
    IssueReceipt,
    MoneyShown,
    ReceiptFalls,
    ReceiptFound,
    ReceiptShown,
    ShowMoney,
    ShowReceipt,
)
from services.recovery import handlers
from services.recovery.model import Series
from tests.services.conftest import NOON
from tests.services.test_recovery import Bank

AT = NOON.astimezone(UTC)


class Paying(Bank):
    """A pair that may take cash."""

    def __init__(self, unit, watch) -> None:
        super().__init__(unit, watch)
        self.receipt = ids.new()

    def may_take(self, amount="1234.56", **but) -> None:
        self.does(self.wants())
        self.hear(handlers.note_allowance, self.allowed(amount, **but))

    def writes(self, amount="1234.56", **but) -> IssueReceipt:
        values = {
            "receipt_id": self.receipt,
            "case_id": self.case,
            "visit_id": self.visit,
            "authority_id": self.authority,
            "amount": amount,
        }
        return IssueReceipt(**values | but)

    def issues(self, amount="1234.56", person=None, agency=None, **but) -> ReceiptShown:
        command = self.writes(amount, **but)
        return self.does(command, Role.FIELD_COLLECTOR, person or self.a, agency)

    def banks(self, amount="1234.56", slip="JK-1", **asker) -> ReceiptShown:
        command = BankCash(
            receipt_id=self.receipt, case_id=self.case, amount=amount, slip=slip
        )
        asker = {"role": Role.FIELD_COLLECTOR, "person": self.b} | asker
        return self.does(command, **asker)

    def took(self, amount="1234.56", taken=None) -> CashTaken:
        return CashTaken(**self.of_visit(amount), taken=taken or amount)

    def left(self, amount="200.00") -> MoneyLeftBehind:
        return MoneyLeftBehind(**self.of_visit(amount), counted_by_both=True)

    def of_visit(self, amount):
        return {
            "visit_id": self.visit,
            "case_id": self.case,
            "agency_id": self.agency,
            "amount": amount,
            "currency": "CNY",
            "at": self.watch.now,
        }

    def money(self) -> MoneyShown:
        return self.does(ShowMoney(case_id=self.case))

    def shows(self, role, person=None, agency=None) -> ReceiptShown:
        command = ShowReceipt(receipt_id=self.receipt)
        return self.does(command, role, person, agency)


@pytest.fixture
def pair(unit, watch) -> Paying:
    return Paying(unit, watch)


def test_a_receipt_spends_the_authority_and_has_the_next_number(pair) -> None:
    pair.may_take()

    receipt = pair.issues()
    assert receipt == ReceiptShown(
        receipt_id=pair.receipt,
        number="SJ2026-000001",
        amount=Decimal("1234.56"),
        currency="CNY",
        at=AT,
        bank_by=AT + timedelta(hours=24),
        banked=None,
        variance=None,
        pdf=None,
    )
    assert pair.said == ["recovery.cash_standing", "recovery.receipt_issued"]
    assert pair.events[0].data["state"] == "spent"
    assert pair.events[1].data == {
        "receipt_id": str(pair.receipt),
        "visit_id": str(pair.visit),
        "case_id": str(pair.case),
        "agency_id": str(pair.agency),
        "number": "SJ2026-000001",
        "amount": "1234.56",
        "currency": "CNY",
        "bank_by": "2026-03-03T04:00:00Z",
        "at": "2026-03-02T04:00:00Z",
    }
    falls = {"receipt_id": str(pair.receipt), "case_id": str(pair.case)}
    assert pair.later == [(AT + timedelta(hours=24, seconds=1), falls)]
    assert [(job["kind"], job["task"]) for job in pair.work] == [
        ("print_receipt", {"receipt_id": pair.receipt})
    ]
    assert pair.states() == ["spent"]


def test_the_same_receipt_is_written_once_and_another_not_at_all(pair) -> None:
    pair.may_take()
    first = pair.issues()

    assert pair.issues() == pair.issues(person=pair.b) == first
    assert pair.said == []
    with pytest.raises(Conflict, match="key-known-otherwise"):
        pair.issues("1234.55")
    with pytest.raises(Conflict, match="cash-authority-is-not"):
        pair.issues(receipt_id=ids.new())


@pytest.mark.parametrize("amount", ["1234.56", "0.01"])
def test_as_much_as_was_allowed_may_be_receipted_or_less(pair, amount) -> None:
    pair.may_take()

    assert pair.issues(amount).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("but", "kind"),
    [
        ({"amount": "1234.57"}, "receipt-above-allowed"),
        ({"currency": "USD"}, "receipt-above-allowed"),
        ({"authority_id": ids.new()}, "receipt-other-authority"),
        ({"visit_id": ids.new()}, "cash-not-allowed-yet"),
    ],
)
def test_nothing_else_than_was_allowed_is_receipted(pair, but, kind) -> None:
    pair.may_take()

    with pytest.raises(Conflict, match=kind):
        pair.issues(**but)
    assert pair.states() == ["granted"]


def test_what_was_not_heard_to_be_allowed_is_not_receipted_yet(pair) -> None:
    pair.does(pair.wants())

    with pytest.raises(Conflict, match="cash-not-allowed-yet"):
        pair.issues()
    pair.hear(handlers.note_allowance, pair.allowed())
    assert pair.issues().number == "SJ2026-000001"


def test_the_newest_permit_of_a_visit_counts(pair) -> None:
    pair.may_take("1000.00")
    pair.watch.goes(seconds=1)
    pair.hear(handlers.note_allowance, pair.allowed("300.00"))

    with pytest.raises(Conflict, match="receipt-above-allowed"):
        pair.issues("300.01")
    assert pair.issues("300.00").amount == 300


@pytest.mark.parametrize("who", ["colleague", "supervisor", "officer"])
def test_a_receipt_is_written_by_the_pair_alone(pair, who) -> None:
    pair.may_take()
    roles = {
        "colleague": (Role.FIELD_COLLECTOR, ids.new()),
        "supervisor": (Role.SUPERVISOR, pair.a),
        "officer": (Role.BANK_OFFICER, pair.a),
    }

    with pytest.raises(NotFound):
        pair.does(pair.writes(), *roles[who])


@pytest.mark.parametrize("known", ["nothing", "the case", "its cash", "what is allowed"])
@pytest.mark.parametrize("asks", ["receipt", "banking"])
def test_a_stranger_learns_nothing_of_what_there_is(pair, known, asks) -> None:
    """Whatever there is: the same not-found, of what was named and of nothing else."""
    if known == "nothing":
        pair.case = ids.new()
    if known in ("its cash", "what is allowed"):
        pair.does(pair.wants())
    if known == "what is allowed":
        pair.hear(handlers.note_allowance, pair.allowed())
    asking = pair.issues if asks == "receipt" else pair.banks
    named = ("visit", pair.visit) if asks == "receipt" else ("receipt", pair.receipt)

    with pytest.raises(NotFound) as refused:
        asking(person=pair.a, agency=ids.new())
    assert refused.value.values == {"thing": named[0], "key": str(named[1])}


def test_a_receipt_is_still_written_when_the_case_is_gone_meanwhile(pair) -> None:
    pair.may_take()
    elsewhere = {"state": CaseState.RECALLED, "agency_id": ids.new()}
    pair.keep(pair.case_standing(2, **elsewhere))

    assert pair.issues().number == "SJ2026-000001"


def test_a_receipt_is_written_as_long_after_the_permit_as_one_may_take(pair) -> None:
    pair.may_take()  # good for 5 minutes; a receipt may take 10
    pair.watch.goes(minutes=15, seconds=1)

    with pytest.raises(Conflict, match="receipt-too-late"):
        pair.issues()
    pair.watch.goes(seconds=-1)
    assert pair.issues().number == "SJ2026-000001"


def test_an_authority_that_ends_meanwhile_still_gives_the_receipt(pair) -> None:
    pair.watch.is_set("2026-03-02T17:59:00+08:00")
    pair.may_take()
    pair.watch.goes(minutes=3)

    assert pair.issues().number == "SJ2026-000001"


def test_no_receipt_is_written_under_what_the_bank_revoked(pair) -> None:
    pair.may_take()
    pair.does(pair.revokes())

    with pytest.raises(Conflict, match="cash-authority-is-not"):
        pair.issues()


def test_a_spent_authority_is_not_revoked(pair) -> None:
    pair.may_take()
    pair.issues()

    with pytest.raises(Conflict, match="cash-authority-is-not"):
        pair.does(pair.revokes())


def test_numbers_begin_anew_with_the_banks_year(pair) -> None:
    series = Series(ids.new(), 0, 0)

    drawn = [series.draw(year) for year in (2026, 2026, 2027, 2027, 2026)]
    assert drawn == [
        "SJ2026-000001",
        "SJ2026-000002",
        "SJ2027-000001",
        "SJ2027-000002",
        "SJ2027-000003",
    ]


def test_the_year_of_a_number_is_the_banks_own(unit, watch) -> None:
    watch.is_set("2026-12-31T23:59:59+08:00")
    until = watch.now + timedelta(hours=1)
    numbers = []
    for _ in range(2):
        pair = Paying(unit, watch)
        pair.does(pair.wants(good_until=until))
        pair.hear(handlers.note_allowance, pair.allowed())
        numbers.append(pair.issues().number)
        watch.goes(seconds=1)

    assert numbers == ["SJ2026-000001", "SJ2027-000001"]


@pytest.fixture
def paid(pair) -> Paying:
    pair.may_take()
    pair.issues()
    return pair


# A receipt that is missing.


def falls_of(pair, amount="1234.56", currency="CNY") -> ReceiptFalls:
    of = {"case_id": pair.case, "visit_id": pair.visit, "agency_id": pair.agency}
    return ReceiptFalls(**of, amount=amount, currency=currency)


def test_money_that_was_taken_is_looked_at_when_its_receipt_is_due(pair) -> None:
    pair.hear(handlers.note_taking, pair.took())

    ((at, falls),) = pair.later
    assert at == NOON + timedelta(minutes=10, seconds=1)
    assert ReceiptFalls.model_validate(falls) == falls_of(pair)


def test_a_fast_clock_gains_no_time_and_a_late_report_loses_it(pair) -> None:
    taken = pair.took()
    for minutes in (60, -60):
        pair.visit = ids.new()
        at = NOON + timedelta(minutes=minutes)
        moved = taken.model_copy(update={"at": at, "visit_id": pair.visit})
        pair.hear(handlers.note_taking, moved)
        ((due_at, _),) = pair.later
        assert due_at == min(at, NOON) + timedelta(minutes=10, seconds=1)


def test_what_both_phones_write_down_is_one_taking(pair) -> None:
    pair.hear(handlers.note_taking, pair.took())
    pair.hear(handlers.note_taking, pair.took())
    assert pair.later == []
    pair.hear(handlers.note_taking, pair.took("1.00", "1235.56"))
    assert len(pair.later) == 1


@pytest.mark.parametrize(
    ("handed", "receipted", "found"),
    [
        (("300.00", "700.00"), "1000.00", (True, True)),
        (("300.00", "700.00"), "999.99", (True, False)),
        (("300.00", "700.00"), "700.00", (True, False)),
        (("500.00", "500.00"), "500.00", (True, False)),
        (("500.00", "500.00"), "1000.00", (True, True)),
    ],
)
def test_all_that_was_taken_needs_a_receipt(pair, handed, receipted, found) -> None:
    """And not each sum by itself: of two handings, one receipt may cover one alone."""
    pair.may_take()
    pair.issues(receipted)
    due, taken = [], Decimal(0)
    for each in handed:
        taken += Decimal(each)
        pair.hear(handlers.note_taking, pair.took(each, taken))
        due += pair.later

    falls = [ReceiptFalls.model_validate(each) for _, each in due]
    assert [each.amount for each in falls] == [Decimal(handed[0]), taken]
    assert tuple(pair.does(each).found for each in falls) == found
    assert bool(pair.said) is not found[-1]


def test_two_receipts_of_a_visit_count_together(pair) -> None:
    pair.may_take("700.00")
    pair.issues("700.00")
    pair.watch.goes(seconds=1)
    pair.authority, pair.receipt = ids.new(), ids.new()
    pair.may_take("300.00")
    pair.issues("300.00")

    assert pair.does(falls_of(pair, "1000.00")) == ReceiptFound(found=True)
    assert pair.does(falls_of(pair, "1000.01")) == ReceiptFound(found=False)


def test_money_without_a_receipt_is_told(pair) -> None:
    assert pair.does(falls_of(pair)) == ReceiptFound(found=False)
    assert pair.said == ["recovery.receipt_missing"]
    assert pair.events[0].data == {
        "visit_id": str(pair.visit),
        "case_id": str(pair.case),
        "agency_id": str(pair.agency),
        "amount": "1234.56",
        "currency": "CNY",
        "clauses": ["4.33"],
        "at": "2026-03-02T04:00:00Z",
    }


@pytest.mark.parametrize(
    ("amount", "currency", "found"),
    [
        ("1234.56", "CNY", True),
        ("1234.55", "CNY", True),
        ("1234.57", "CNY", False),
        ("1.00", "USD", False),
    ],
)
def test_a_receipt_is_good_for_what_it_says(paid, amount, currency, found) -> None:
    assert paid.does(falls_of(paid, amount, currency)) == ReceiptFound(found=found)
    assert bool(paid.said) is not found


def test_money_of_a_case_nobody_knows_is_missed_at_once(pair) -> None:
    pair.case = ids.new()
    pair.hear(handlers.note_taking, pair.took())

    ((at, falls),) = pair.later
    assert at == NOON + timedelta(seconds=1)
    assert pair.does(ReceiptFalls.model_validate(falls)) == ReceiptFound(found=False)
    assert pair.said == ["recovery.receipt_missing"]


# Who sees what.


def test_the_bank_sees_all_there_is_of_a_case(paid) -> None:
    paid.hear(handlers.note_money_left, paid.left())
    paid.banks()

    money = paid.money()
    assert [each.state for each in money.authorities] == ["spent"]
    assert [each.number for each in money.receipts] == ["SJ2026-000001"]
    assert [each.banked for each in money.receipts] == [Decimal("1234.56")]
    assert len(money.incidents) == 1


@pytest.mark.parametrize("role", [Role.BANK_OFFICER, Role.COMPLIANCE, Role.SUPERVISOR])
def test_a_receipt_is_shown_to_the_bank_and_to_its_own_agency(paid, role) -> None:
    assert paid.shows(role).number == "SJ2026-000001"


def test_a_receipt_is_not_shown_to_others(paid) -> None:
    others = [
        (Role.SUPERVISOR, None, ids.new()),
        (Role.FIELD_COLLECTOR, paid.a, ids.new()),
        (Role.FIELD_COLLECTOR, ids.new(), None),
        (Role.PHONE_COLLECTOR, paid.a, None),
        (Role.ADMINISTRATOR, None, None),
    ]
    for other in others:
        with pytest.raises(NotFound):
            paid.shows(*other)
