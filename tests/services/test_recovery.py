"""The bank lets cash be taken: who, how much, until when, and once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from chassis.shared import Shared
from proto import ids
from proto.base import Detail, Role
from proto.decision import Outcome
from proto.dispatch import CaseStanding, CaseState, Sheet
from proto.field_visit import CashAllowed
from proto.recovery import (
    AuthoriseCash,
    Authority,
    AuthorityState,
    CashStanding,
    ConfirmCash,
    RevokeCash,
    ShowMoney,
)
from proto.workforce import AgencyStanding, PersonStanding
from services.recovery import handlers
from services.recovery.model import decision_table
from tests.services.conftest import NOON, topics

MAINLAND = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "CONTRACT-DEMO")
TAIWAN = (*MAINLAND, "TW-2005")
EVENING = NOON + timedelta(hours=6)


class Bank:
    """A bank, a case of its, the agency it is with, and a pair of that agency."""

    def __init__(self, unit, watch, books=MAINLAND) -> None:
        self.open, self.watch, self.books = unit, watch, books
        self.case, self.agency, self.visit = (ids.new() for _ in range(3))
        self.a, self.b, self.authority = (ids.new() for _ in range(3))
        self.hears = unit("recovery")
        for standing in self.standings():
            self.hears.keep(standing)
        self.hears.settle()
        self.said: list[Any] = []

    def standings(self):
        yield self.case_standing()
        yield AgencyStanding(agency_id=self.agency, code="HX", active=True, version=1)
        for staff_no, person_id in (("W0007", self.a), ("W0009", self.b)):
            yield PersonStanding(
                person_id=person_id,
                agency_id=self.agency,
                staff_no=staff_no,
                in_service=True,
                certified_from=None,
                certified_until=None,
                version=1,
            )

    def case_standing(self, version=1, **but) -> CaseStanding:
        values = {
            "case_id": self.case,
            "number": "C2026-0081",
            "agency_id": self.agency,
            "state": CaseState.PLACED,
            "books": self.books,
        }
        return CaseStanding(**values | but, version=version)

    def keep(self, standing) -> None:
        self.hears.keep(standing)
        self.hears.settle()

    def does(self, command, role=Role.BANK_OFFICER, person=None, agency=None, by=None):
        """Carry a command out, and note what was said, what is later, and what is work."""
        belongs = () if role is Role.BANK_OFFICER else (agency or self.agency, person)
        unit = self.open("recovery", role, *belongs)
        if by is not None:
            unit.asker = unit.asker.model_copy(update={"account_id": by})
        if command.operation() == "issue_receipt":
            handlers.of_the_pair(command, unit)
        reply = getattr(handlers, command.operation())(command, unit)
        self.note(unit)
        return reply

    def hear(self, act, event) -> None:
        """Let an event take effect."""
        unit = self.open("recovery")
        act(event, unit)
        self.note(unit)

    def note(self, unit) -> None:
        self.said = topics(unit)
        self.events = unit.said
        self.later = [
            (row["due_at"], row["envelope"].data) for row in unit.outgoing if row["due_at"]
        ]
        self.work = [
            row for table, rows in unit.rows.items() if table.name == "job" for row in rows
        ]
        unit.settle()

    def wants(self, cap="1234.56", **but) -> AuthoriseCash:
        values = {
            "authority_id": self.authority,
            "case_id": self.case,
            "reason": "limited_mobility",
            "cap": cap,
            "good_until": EVENING,
        }
        return AuthoriseCash(**values | but)

    def confirms(self) -> ConfirmCash:
        return ConfirmCash(authority_id=self.authority, case_id=self.case)

    def revokes(self) -> RevokeCash:
        return RevokeCash(authority_id=self.authority, case_id=self.case)

    def states(self) -> list[str]:
        shown = handlers.show_money(ShowMoney(case_id=self.case), self.open("recovery"))
        return [each.state.value for each in shown.authorities]

    def allowed(self, amount="1234.56", **but) -> CashAllowed:
        """What field_visit says when it let the pair take something."""
        sheet = Sheet(
            debtor_name="陈建国", id_number="*0012", card_number="*1234", address="x"
        ).model_dump_json()
        values = {
            "visit_id": self.visit,
            "case_id": self.case,
            "agency_id": self.agency,
            "authority_id": self.authority,
            "decision_id": ids.new(),
            "collectors": (self.a, self.b),
            "amount": amount,
            "currency": "CNY",
            "good_until": self.watch.now + timedelta(minutes=5),
            "sheet": self.hears.keyring.seal(self.case, "visit.sheet", sheet),
            "at": self.watch.now,
        }
        return CashAllowed(**values | but)


@pytest.fixture
def bank(unit, watch) -> Bank:
    return Bank(unit, watch)


def outcome(answer) -> tuple[Outcome, list[str], AuthorityState | None]:
    reasons = [reason.clause for reason in answer.decision.reasons]
    return answer.decision.outcome, reasons, answer.state


GRANTED = (Outcome.PROCEED, [], AuthorityState.GRANTED)
PROPOSED = (Outcome.PROCEED, [], AuthorityState.PROPOSED)


def test_an_officer_lets_a_small_sum_be_taken(bank) -> None:
    answer = bank.does(bank.wants())

    assert outcome(answer) == GRANTED
    assert answer.decision.good_until == answer.permit_until() == EVENING
    assert bank.said == ["recovery.cash_standing", "recovery.cash_authorised"]
    assert CashStanding.model_validate(bank.events[0].data) == CashStanding(
        case_id=bank.case,
        authority_id=bank.authority,
        reason="limited_mobility",
        cap=Decimal("1234.56"),
        currency="CNY",
        good_until=EVENING,
        state="granted",
        version=1,
    )
    assert bank.events[1].data == {
        "authority_id": str(bank.authority),
        "case_id": str(bank.case),
        "cap": "1234.56",
        "currency": "CNY",
        "four_eyes": False,
        "at": "2026-03-02T04:00:00Z",
    }


def test_the_decision_is_kept_with_what_was_known_and_no_names(bank) -> None:
    decision = bank.does(bank.wants()).decision

    query = select(decision_table).where(decision_table.c.case_id == bank.case)
    kept = bank.hears.connection.execute(query).one()
    assert (kept.id, kept.act, kept.outcome, kept.clauses) == (
        decision.decision_id,
        "authorise_cash",
        "proceed",
        [],
    )
    assert kept.facts == {
        "now": "2026-03-02T12:00:00+08:00",
        "mandate_in_force": True,
        "cash": {
            "reason": "limited_mobility",
            "cap": "1234.56",
            "currency": "CNY",
            "good_until": "2026-03-02T18:00:00+08:00",
            "state": "granted",
            "used": False,
        },
    }
    assert kept.decision == decision.model_dump(mode="json")


@pytest.mark.parametrize(
    ("but", "clauses"),
    [
        ({"reason": "other"}, ["4.31"]),
        ({"cap": "5000.01"}, ["C.12"]),
        ({"currency": "USD"}, ["C.12"]),
    ],
)
def test_a_refusal_names_its_clauses_and_leaves_no_authority(bank, but, clauses) -> None:
    answer = bank.does(bank.wants(**but))

    assert outcome(answer) == (Outcome.STOP, clauses, None)
    assert answer.permit_until() is None
    assert bank.said == ["recovery.cash_not_authorised"]
    assert bank.events[0].data == {
        "case_id": str(bank.case),
        "decision_id": str(answer.decision.decision_id),
        "clauses": clauses,
        "at": "2026-03-02T04:00:00Z",
    }
    assert bank.states() == []
    assert outcome(bank.does(bank.wants())) == GRANTED


def test_a_book_that_says_never_wins(unit, watch) -> None:
    bank = Bank(unit, watch, TAIWAN)

    assert outcome(bank.does(bank.wants())) == (Outcome.STOP, ["21.038"], None)


def test_books_that_are_silent_about_cash_allow_none(unit, watch) -> None:
    bank = Bank(unit, watch, ("CN-PLEDGE",))
    found, _, state = outcome(bank.does(bank.wants()))

    assert (found, state) == (Outcome.STOP, None)


@pytest.mark.parametrize("state", [s for s in CaseState if s is not CaseState.PLACED])
def test_nothing_is_allowed_for_a_case_that_is_not_worked(bank, state) -> None:
    bank.keep(bank.case_standing(2, state=state))

    found, clauses, authority = outcome(bank.does(bank.wants()))
    assert (found, authority) == (Outcome.STOP, None)
    assert clauses == ["4.38"]


def test_a_case_that_is_not_known_is_not_there(bank) -> None:
    with pytest.raises(NotFound):
        bank.does(bank.wants(case_id=ids.new()))


def test_nothing_is_allowed_while_a_hold_may_be_on_its_way(bank, monkeypatch) -> None:
    monkeypatch.setattr(Shared, "ticked", property(lambda _: {}))

    with pytest.raises(Unavailable) as refused:
        bank.does(bank.wants())
    assert refused.value.values == {"source": "dispatch"}


@pytest.mark.parametrize(("cap", "state"), [("2000.00", GRANTED), ("2000.01", PROPOSED)])
def test_above_the_limit_it_takes_two(bank, cap, state) -> None:
    assert outcome(bank.does(bank.wants(cap))) == state


def test_a_second_officer_confirms_what_was_proposed(bank) -> None:
    bank.does(bank.wants("5000.00"))
    assert bank.said == ["recovery.cash_standing"]
    assert bank.events[0].data["state"] == "proposed"
    second = ids.new()

    assert outcome(bank.does(bank.confirms(), by=second)) == GRANTED
    assert bank.said == ["recovery.cash_standing", "recovery.cash_authorised"]
    assert bank.events[0].data["version"] == 2
    assert bank.events[1].data["four_eyes"] is True
    assert outcome(bank.does(bank.confirms(), by=second)) == GRANTED
    assert bank.said == []


def test_who_asked_does_not_confirm(bank) -> None:
    first = ids.new()
    bank.does(bank.wants("5000.00"), by=first)

    with pytest.raises(Forbidden, match="four-eyes-needed"):
        bank.does(bank.confirms(), by=first)
    assert bank.states() == ["proposed"]


def test_a_confirmation_after_the_end_comes_too_late(bank) -> None:
    bank.does(bank.wants("5000.00"))
    bank.watch.now = EVENING

    with pytest.raises(Conflict, match="cash-authority-expired"):
        bank.does(bank.confirms())
    bank.watch.now = EVENING - timedelta(seconds=1)
    assert outcome(bank.does(bank.confirms())) == GRANTED


def test_a_confirmation_is_judged_as_things_stand_then(bank) -> None:
    bank.does(bank.wants("5000.00"))
    bank.keep(bank.case_standing(2, state=CaseState.HELD))

    assert outcome(bank.does(bank.confirms())) == (Outcome.STOP, ["4.38"], None)
    assert bank.said == ["recovery.cash_not_authorised"]
    assert bank.states() == ["proposed"]


def test_what_is_granted_needs_no_confirmation(bank) -> None:
    bank.does(bank.wants())

    with pytest.raises(Conflict, match="cash-authority-is-not"):
        bank.does(bank.confirms())


def test_a_case_has_one_authority_at_a_time(bank) -> None:
    bank.does(bank.wants())
    another = bank.wants(authority_id=ids.new(), good_until=EVENING + timedelta(hours=1))

    with pytest.raises(Conflict, match="cash-authority-live"):
        bank.does(another)
    bank.watch.now = EVENING
    assert outcome(bank.does(another)) == GRANTED
    assert bank.events[0].data["version"] == 2
    assert bank.states() == ["granted", "granted"]


def test_asking_the_same_again_changes_nothing_and_otherwise_is_refused(bank) -> None:
    first = bank.does(bank.wants())

    assert bank.does(bank.wants()) == first
    assert bank.said == []
    with pytest.raises(Conflict, match="key-known-otherwise"):
        bank.does(bank.wants("1234.57"))


@pytest.mark.parametrize("passed", [timedelta(0), timedelta(seconds=1)])
def test_what_has_ended_is_not_begun(bank, passed) -> None:
    with pytest.raises(Invalid) as refused:
        bank.does(bank.wants(good_until=NOON - passed))
    (detail,) = refused.value.details
    assert (detail.pointer, detail.kind) == ("/good_until", "in-the-past")


def test_what_begins_now_ends_within_thirty_days(bank) -> None:
    longest = NOON + timedelta(days=30)
    with pytest.raises(Invalid) as refused:
        bank.does(bank.wants(good_until=longest + timedelta(seconds=1)))
    assert refused.value.details == (
        Detail(
            pointer="/good_until",
            kind="cash-authority-too-long",
            values={
                "until": "2026-04-01T04:00:01+00:00",
                "longest": "2026-04-01T04:00:00+00:00",
            },
        ),
    )
    assert bank.states() == []
    assert outcome(bank.does(bank.wants(good_until=longest))) == GRANTED


def test_a_revoked_authority_is_worth_nothing(bank) -> None:
    bank.does(bank.wants())

    shown = bank.does(bank.revokes())
    assert shown == Authority(
        authority_id=bank.authority,
        case_id=bank.case,
        reason="limited_mobility",
        cap=Decimal("1234.56"),
        currency="CNY",
        good_until=EVENING.astimezone(UTC),
        state="revoked",
    )
    assert bank.said == ["recovery.cash_standing"]
    assert bank.events[0].data["state"] == "revoked"
    assert bank.does(bank.revokes()) == shown
    assert bank.said == []
    with pytest.raises(Conflict, match="cash-authority-is-not"):
        bank.does(bank.wants())


@pytest.mark.parametrize("state", AuthorityState)
def test_what_ends_an_authority_goes_before_all_others(bank, state) -> None:
    """The doorstep asks only of the hurried lane whether all was heard."""
    bank.does(bank.wants())
    standing = CashStanding.model_validate(bank.events[0].data)

    ends = state in (AuthorityState.SPENT, AuthorityState.REVOKED)
    assert standing.model_copy(update={"state": state}).urgent() is ends


def test_an_authority_that_has_ended_is_not_given_again(bank) -> None:
    bank.does(bank.wants("5000.00"))
    second = ids.new()
    bank.does(bank.confirms(), by=second)
    bank.watch.now = EVENING

    for again in (lambda: bank.wants("5000.00"), bank.confirms):
        with pytest.raises(Conflict, match="cash-authority-expired"):
            bank.does(again(), by=second)


def test_an_old_authority_that_is_revoked_says_nothing_of_the_new_one(bank) -> None:
    bank.does(bank.wants())
    bank.watch.now = EVENING
    later = datetime.fromisoformat("2026-03-03T18:00:00+08:00")
    bank.does(bank.wants(authority_id=ids.new(), good_until=later))

    bank.does(bank.revokes())
    assert bank.said == []
    assert bank.states() == ["revoked", "granted"]


def test_money_of_a_case_that_is_not_known_is_not_shown(bank) -> None:
    with pytest.raises(NotFound):
        bank.does(ShowMoney(case_id=ids.new()))
