"""What was refused, done against the rules, or left undone is on the record."""

import pytest
from sqlalchemy import select

from proto import ids
from proto.decision import Act, Outcome
from proto.field_visit import (
    BreachRecorded,
    CashNotAllowed,
    CheckInNotAllowed,
    EntryNotAllowed,
    LetterNotAllowed,
    PaymentCodeNotAllowed,
    TalkNotAllowed,
    ThirdPartyNotAllowed,
)
from proto.recovery import (
    BankingOverdue,
    CashBanked,
    CashNotAuthorised,
    MoneyLeftNoted,
    ReceiptMissing,
)
from services.oversight import handlers
from services.oversight.model import finding_table
from tests.services.conftest import NOON

VISIT, CASE, AGENCY, DECISION = (ids.new() for _ in range(4))
OF_CASE = {"case_id": CASE, "at": NOON}
OF_VISIT = OF_CASE | {"visit_id": VISIT, "agency_id": AGENCY, "decision_id": DECISION}
OF_NO_VISIT = {"visit_id": None, "agency_id": None, "decision_id": None}
WHOLE = {"visit_id": VISIT, "agency_id": AGENCY, "decision_id": DECISION}


def judged(kind):
    return kind(**OF_VISIT, outcome=Outcome.STOP, clauses=("4.30", "4.32"))


def banked(variance, *clauses) -> CashBanked:
    return CashBanked(
        **OF_CASE,
        receipt_id=ids.new(),
        amount="1.00",
        currency="CNY",
        variance=variance,
        late=False,
        clauses=clauses,
    )


def left(*clauses) -> MoneyLeftNoted:
    return MoneyLeftNoted(
        **OF_CASE,
        incident_id=ids.new(),
        amount="1.00",
        currency="CNY",
        counted_by_both=True,
        reported_late=bool(clauses),
        clauses=clauses,
    )


FINDINGS = [
    *(
        (f"field_visit.{name}_not_allowed", judged(kind), WHOLE, ["4.30", "4.32"])
        for name, kind in (
            ("check_in", CheckInNotAllowed),
            ("talk", TalkNotAllowed),
            ("entry", EntryNotAllowed),
            ("cash", CashNotAllowed),
            ("letter", LetterNotAllowed),
            ("payment_code", PaymentCodeNotAllowed),
            ("third_party", ThirdPartyNotAllowed),
        )
    ),
    (
        "field_visit.breach_recorded",
        BreachRecorded(**OF_VISIT, act=Act.COLLECT_CASH, clauses=("4.30",)),
        WHOLE,
        ["4.30"],
    ),
    (
        "recovery.cash_not_authorised",
        CashNotAuthorised(**OF_CASE, decision_id=DECISION, clauses=("21.038",)),
        {"visit_id": None, "agency_id": None, "decision_id": DECISION},
        ["21.038"],
    ),
    (
        "recovery.receipt_missing",
        ReceiptMissing(
            **OF_CASE, visit_id=VISIT, amount="1.00", currency="CNY", clauses=("4.33",)
        ),
        {"visit_id": VISIT, "agency_id": None, "decision_id": None},
        ["4.33"],
    ),
    (
        "recovery.banking_overdue",
        BankingOverdue(
            **OF_CASE,
            receipt_id=ids.new(),
            bank_by=NOON,
            missing="0.01",
            clauses=("4.34", "C.15"),
        ),
        OF_NO_VISIT,
        ["4.34", "C.15"],
    ),
    ("recovery.cash_banked", banked("-0.01", "4.34"), OF_NO_VISIT, ["4.34"]),
    ("recovery.money_left_noted", left("C.16"), OF_NO_VISIT, ["C.16"]),
]


@pytest.mark.parametrize(
    ("what", "event", "about", "clauses"), FINDINGS, ids=[each[0] for each in FINDINGS]
)
def test_a_finding_says_what_it_is_about(unit, what, event, about, clauses) -> None:
    hears = unit("oversight")
    handlers.note(event, hears)
    hears.settle()

    query = select(finding_table).where(finding_table.c.case_id == CASE)
    found = hears.connection.execute(query).one()._asdict()
    assert found.pop("id")
    assert found == about | {
        "what": what,
        "case_id": CASE,
        "clauses": clauses,
        "at": NOON,
    }


@pytest.mark.parametrize("event", [banked("0.00"), left()], ids=["banked", "left"])
def test_what_nothing_speaks_against_is_no_finding(unit, event) -> None:
    hears = unit("oversight")
    handlers.note(event, hears)
    hears.settle()

    query = select(finding_table).where(finding_table.c.case_id == CASE)
    assert hears.connection.execute(query).all() == []
