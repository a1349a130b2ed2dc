"""Whoever's permit was ended does not get it again under the old key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, select

from chassis import groups, tables
from chassis.operations import Operation
from proto import ids
from proto.base import Answer, Asker, Order, Role
from proto.dispatch import CaseState, ContactPlan
from proto.facts import (
    CashHanded,
    ConsentGiven,
    ConsentWithdrawn,
    Identified,
    PersonMet,
)
from proto.field_visit import (
    CheckIn,
    CollectCash,
    DiscussDebt,
    EnterPremises,
    RecordJournal,
)
from services.field_visit import handlers, store
from tests.acting import AT_THE_DOOR, BOOKS, DOWN_THE_ROAD, MAINLAND
from tests.services import pairs
from tests.services.conftest import NOON
from tests.services.pairs import CONSENT, REASON, RECORDING, Pair

NO_REASON = None
THE_DEBTOR = (RECORDING, *pairs.THE_DEBTOR)
OPERATIONS = {
    kind.operation(): Operation(kind, handle, handlers.of_the_pair, store.gather)
    for kind, handle in (
        (CheckIn, handlers.check_in),
        (DiscussDebt, handlers.discuss_debt),
        (EnterPremises, handlers.enter_premises),
        (CollectCash, handlers.collect_cash),
        (RecordJournal, handlers.record_journal),
    )
}


@dataclass
class Within:
    """An engine whose every transaction is a part of the test's own."""

    connection: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection


class Asking(Pair):
    """A pair whose orders come under keys, as they come from the gateway."""

    def __init__(self, unit, watch, books=BOOKS) -> None:
        super().__init__(unit, watch, books)
        self.asker = Asker(
            account_id=ids.new(),
            role=Role.FIELD_COLLECTOR,
            agency_id=self.agency,
            person_id=self.a.person_id,
        )

    def asks(self, *commands, key=None, passed_s=1) -> Answer:
        """Send orders in one message, and return the answer to the last."""
        self.watch.goes(seconds=passed_s)
        orders = [
            Order(
                operation=each.operation(),
                command=each.model_dump(mode="json"),
                asker=self.asker,
                trace="t",
                key=key or ids.new(),
            ).model_dump(mode="json")
            for each in commands
        ]
        its = Within(self.hears.connection)
        known = OPERATIONS
        return groups.carry_out(its, "field_visit", known, orders, waits=True)[-1]

    def arrives(self, at=None) -> CheckIn:
        present = self.side_by_side(self.a, self.b, at=at or AT_THE_DOOR)
        return CheckIn(visit_id=self.visit, present=present)

    def may_come_in(self, reason=REASON, *facts) -> EnterPremises:
        journal = self.journal(*facts) if facts else None
        return EnterPremises(visit_id=self.visit, reason=reason, journal=journal)

    def may_speak(self, *facts) -> DiscussDebt:
        journal = self.journal(*facts) if facts else None
        return DiscussDebt(visit_id=self.visit, journal=journal)

    def notes(self, *facts) -> RecordJournal:
        return RecordJournal(visit_id=self.visit, journal=self.journal(*facts))

    def revoked(self) -> list[str]:
        """The operations whose permits were taken back."""
        table = tables.answered
        query = select(table.c.operation).where(table.c.revoked_at.is_not(None))
        return sorted(set(self.hears.connection.scalars(query)))


@pytest.fixture
def pair(unit, watch) -> Asking:
    return Asking(unit, watch)


def came_to(answer: Answer) -> str:
    return answer.problem.kind if answer.problem else answer.outcome


def withdrawn_and_given_again(pair: Asking) -> None:
    pair.asks(pair.notes(ConsentWithdrawn(by="debtor")))
    pair.asks(pair.notes(CONSENT))


def somebody_else_and_the_debtor_again(pair: Asking) -> None:
    pair.asks(pair.notes(PersonMet(relation="spouse")))
    pair.asks(pair.notes(*THE_DEBTOR[2:], CONSENT))


def sent_away_and_cleared_again(pair: Asking) -> None:
    pair.asks(pair.arrives(DOWN_THE_ROAD))
    assert came_to(pair.asks(pair.arrives())) == "proceed"


def held_and_resumed(pair: Asking) -> None:
    pair.hear(pair.case_standing(2, state=CaseState.HELD))
    pair.hear(pair.case_standing(3))
    assert came_to(pair.asks(pair.arrives())) == "proceed"


def approached_by_another_plan(pair: Asking) -> None:
    plan = ContactPlan(opens="00:00", closes="23:59", until=NOON.date())
    pair.hear(pair.case_standing(2, special=True, plan=plan))
    assert came_to(pair.asks(pair.arrives())) == "proceed"


def asked_without_a_reason(pair: Asking) -> None:
    assert came_to(pair.asks(pair.may_come_in(NO_REASON))) == "stop"


#: Somebody else at the door ends what was allowed with the one before.
TALK_AND_ENTRY = ["discuss_debt", "enter_premises"]
EVERYTHING = ["check_in", *TALK_AND_ENTRY]


@pytest.mark.parametrize(
    ("change", "revoked"),
    [
        (asked_without_a_reason, ["enter_premises"]),
        (withdrawn_and_given_again, ["enter_premises"]),
        (somebody_else_and_the_debtor_again, TALK_AND_ENTRY),
        (sent_away_and_cleared_again, EVERYTHING),
        (held_and_resumed, EVERYTHING),
        (approached_by_another_plan, EVERYTHING),
    ],
)
def test_a_permit_that_was_ended_is_not_given_again(pair, change, revoked) -> None:
    asked, key = pair.may_come_in(REASON, *THE_DEBTOR, CONSENT), ids.new()
    pair.asks(pair.arrives())
    assert came_to(pair.asks(asked, key=key)) == "proceed"
    pair.asks(pair.may_speak())
    change(pair)

    assert came_to(pair.asks(asked, key=key)) == "permit-revoked"
    assert pair.revoked() == revoked


def test_a_first_no_to_the_talk_ends_its_permit(pair) -> None:
    asked, key = pair.may_speak(*THE_DEBTOR), ids.new()
    pair.asks(pair.arrives())
    assert came_to(pair.asks(asked, key=key)) == "proceed"
    nobody = Identified(name_said=False, items=("card_tail",))
    assert came_to(pair.asks(pair.may_speak(nobody))) == "stop"
    assert came_to(pair.asks(pair.may_speak(THE_DEBTOR[3]))) == "proceed"

    assert came_to(pair.asks(asked, key=key)) == "permit-revoked"


def test_a_permit_is_not_revoked_by_what_ended_the_one_before_it(pair) -> None:
    pair.asks(pair.arrives())
    pair.asks(pair.may_come_in(REASON, *THE_DEBTOR, CONSENT))
    again = (ConsentWithdrawn(by="debtor"), ConsentGiven(answer="given", by="debtor"))
    asked, key = pair.may_come_in(REASON, *again), ids.new()
    given = pair.asks(asked, key=key)

    assert came_to(given) == "proceed"
    assert pair.asks(asked, key=key) == given
    assert pair.revoked() == ["enter_premises"]


def test_a_check_in_sent_again_too_late_takes_nothing_from_a_cleared_pair(pair) -> None:
    first, key, later = pair.arrives(), ids.new(), ids.new()
    pair.asks(first, key=key)
    pair.asks(pair.notes(*THE_DEBTOR, CONSENT))
    pair.watch.goes(seconds=180)
    asked = pair.may_come_in()
    given = pair.asks(asked, key=later)
    assert came_to(given) == "proceed"

    assert came_to(pair.asks(first, key=key)) == "wait"
    assert pair.revoked() == ["check_in"]
    assert pair.asks(asked, key=later) == given
    assert came_to(pair.asks(first, key=key)) == "wait"


def test_leave_for_cash_sent_again_is_the_same_until_the_cash_was_taken(
    unit, watch
) -> None:
    pair = Asking(unit, watch, MAINLAND)
    pair.asks(pair.arrives())
    pair.asks(pair.notes(*THE_DEBTOR))
    pair.hears_of(pair.cash())
    asked, key = CollectCash(visit_id=pair.visit, amount="3000.00"), ids.new()
    given = pair.asks(asked, key=key)

    assert came_to(given) == "proceed"
    assert pair.asks(asked, key=key) == given
    pair.asks(pair.notes(CashHanded(amount="3000.00")))
    assert came_to(pair.asks(asked, key=key)) == "stop"
    assert came_to(pair.asks(asked, key=key)) == "stop"
