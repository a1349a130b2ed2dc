"""What may be used once at a door: cash, a third party, an hour that was named."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from chassis import signatures
from chassis.errors import Invalid, NotFound
from proto import ids
from proto.base import Role
from proto.decision import Outcome
from proto.facts import (
    Appointment,
    CashHanded,
    MoneyLeft,
    PersonMet,
    ThirdPartyAnswer,
)
from proto.field_visit import (
    BreachRecorded,
    CashAllowed,
    CashTaken,
    RecordJournal,
    SignOffHour,
    ThirdPartyMayBeAsked,
)
from proto.recovery import AuthorityState
from proto.signing import Signature
from services.field_visit import handlers
from services.field_visit.model import journal_table, leave_table
from tests.acting import MAINLAND, Phone
from tests.services.pairs import INTRODUCED, RECORDING, THE_DEBTOR, Pair, judged

NINE = datetime.fromisoformat("2026-03-02T21:00:00+08:00")
LATE = Appointment(starts_at=NINE, ends_at=NINE + timedelta(hours=1), proof="spoken")
AGREES = ThirdPartyAnswer(answer="agrees", by="neighbour")


@pytest.fixture
def pair(unit, watch) -> Pair:
    """A pair at a debtor's door on the mainland, with leave to take five thousand."""
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)
    pair.hears_of(pair.cash())
    return pair


def of(pair, kind):
    return [
        kind.model_validate(each.data) for each in pair.events if each.type == kind.topic()
    ]


def test_cash_is_taken_by_the_bank_s_leave_and_everybody_is_told(pair) -> None:
    clearance = pair.may_take("3000.00")

    assert judged(clearance) == (Outcome.PROCEED, [])
    assert clearance.decision.good_until == pair.watch.now + timedelta(minutes=5)
    (told,) = of(pair, CashAllowed)
    assert (told.authority_id, told.amount) == (pair.authority, Decimal("3000.00"))
    assert set(told.collectors) == {pair.a.person_id, pair.b.person_id}


def test_without_leave_no_cash_is_taken(unit, watch) -> None:
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)

    clearance = pair.may_take()

    assert judged(clearance) == (Outcome.STOP, ["4.30", "4.32"])
    assert "现金" in clearance.script["zh-CN"]
    assert pair.said == ["field_visit.cash_not_allowed"]


def test_a_book_that_says_never_wins(unit, watch) -> None:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)
    pair.hears_of(pair.cash())

    assert judged(pair.may_take()) == (Outcome.STOP, ["21.038"])


@pytest.mark.parametrize(
    ("amount", "against"),
    [("5000.00", []), ("5000.01", ["4.32", "C.12"]), ("0.01", [])],
)
def test_the_cap_holds_to_the_fen(pair, amount, against) -> None:
    assert judged(pair.may_take(amount))[1] == against


@pytest.mark.parametrize(("seconds", "against"), [(-1, []), (0, ["4.32"]), (1, ["4.32"])])
def test_leave_ends_to_the_second(unit, watch, seconds, against) -> None:
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)
    asked_at = watch.now + timedelta(seconds=1)
    pair.hears_of(pair.cash(good_until=asked_at - timedelta(seconds=seconds)))

    assert [each for each in judged(pair.may_take())[1] if each != "4.30"] == against


@pytest.mark.parametrize("state", ["proposed", "spent", "revoked"])
def test_leave_that_is_not_granted_is_none(pair, state) -> None:
    pair.hears_of(pair.cash(2, state=AuthorityState(state)))

    assert judged(pair.may_take()) == (Outcome.STOP, ["4.30", "4.32"])


@pytest.mark.parametrize("what", ["cheque", "goods"])
def test_leave_to_take_cash_is_leave_for_nothing_else(pair, what) -> None:
    assert "4.30" in judged(pair.may_take(what=what))[1]


def test_the_other_of_the_pair_cannot_spend_it_again(pair) -> None:
    assert judged(pair.may_take("3000.00"))[0] is Outcome.PROCEED

    assert judged(pair.may_take("3000.00", phone=pair.b))[1] == ["4.32"]


def test_who_asks_again_for_the_same_is_told_the_same_until_it_was_taken(pair) -> None:
    pair.may_take("3000.00")
    assert judged(pair.may_take("3000.00"))[0] is Outcome.PROCEED
    assert judged(pair.may_take("2000.00"))[1] == ["4.32"]

    pair.record(CashHanded(amount="3000.00"))

    assert judged(pair.may_take("3000.00"))[1] == ["4.32"]


def test_leave_that_lapsed_may_be_asked_for_again_by_whoever_was_given_it(pair) -> None:
    pair.may_take("3000.00")
    pair.watch.goes(minutes=5)

    assert judged(pair.may_take("1000.00", phone=pair.b))[1] == ["4.32"]
    assert judged(pair.may_take("1000.00"))[0] is Outcome.PROCEED


def test_another_visit_cannot_use_what_one_was_given(pair, unit, watch) -> None:
    soon = watch.now + timedelta(seconds=5)
    pair.record(
        Appointment(starts_at=soon, ends_at=soon + timedelta(hours=3), proof="signed")
    )
    pair.may_take("3000.00")
    watch.goes(hours=1)

    other = Pair(unit, watch, MAINLAND, beside=pair)
    other.check_in(other.a, other.b)
    other.record(RECORDING, *THE_DEBTOR)

    assert judged(other.may_take("3000.00"))[1] == ["4.32"]


def test_what_was_allowed_and_taken_is_no_breach(pair) -> None:
    pair.may_take("3000.00")
    pair.record(CashHanded(amount="3000.00"))

    assert [each.amount for each in of(pair, CashTaken)] == [Decimal("3000.00")]
    assert of(pair, BreachRecorded) == []


def test_cash_that_was_taken_before_it_was_asked_for_is_a_breach(pair) -> None:
    pair.watch.goes(minutes=10)
    early = pair.watch.now - timedelta(minutes=5)
    pair.may_take("3000.00")
    journal = pair.a.writes(pair.visit, early, CashHanded(amount="3000.00"))
    pair.does(handlers.record_journal, RecordJournal(visit_id=pair.visit, journal=journal))

    (breach,) = of(pair, BreachRecorded)
    assert breach.act == "collect_cash"


def test_both_phones_may_note_the_same_handing(pair) -> None:
    pair.may_take("3000.00")
    pair.record(CashHanded(amount="3000.00"))
    pair.record(CashHanded(amount="3000.00"), phone=pair.b)

    assert [each.taken for each in of(pair, CashTaken)] == [Decimal("3000.00")]
    assert of(pair, BreachRecorded) == []


def test_what_one_phone_notes_in_parts_adds_up(pair) -> None:
    pair.may_take("1000.00")
    pair.record(CashHanded(amount="300.00"), CashHanded(amount="700.00"))

    taken = [each.taken for each in of(pair, CashTaken)]
    assert (taken, of(pair, BreachRecorded)) == ([Decimal(300), Decimal(1000)], [])


@pytest.mark.parametrize("taken", ["3000.01", "5000.00"])
def test_more_than_was_allowed_is_kept_and_marked(pair, taken) -> None:
    pair.may_take("3000.00")
    pair.record(CashHanded(amount=taken))

    assert [each.amount for each in of(pair, CashTaken)] == [Decimal(taken)]
    (breach,) = of(pair, BreachRecorded)
    assert (breach.act, "4.32" in breach.clauses) == ("collect_cash", True)


def test_cash_taken_unasked_is_kept_and_marked(unit, watch) -> None:
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, CashHanded(amount="100.00"), phone=pair.b)

    (breach,) = of(pair, BreachRecorded)
    assert breach.clauses == ("4.30", "4.32")


def test_money_left_behind_is_told_and_is_no_payment(pair) -> None:
    pair.record(MoneyLeft(amount="200.00", counted_by_both=True))

    assert pair.said == ["field_visit.money_left_behind"]


def test_the_bank_s_no_ends_a_permit_for_cash(pair) -> None:
    pair.may_take("3000.00")
    pair.hears_of(pair.cash(2, state=AuthorityState.REVOKED))

    assert judged(pair.may_take("3000.00"))[1] == ["4.30", "4.32"]


def at_the_neighbour_s(pair, *facts):
    return pair.may_ask(PersonMet(relation="neighbour"), *facts)


def test_a_neighbour_who_agrees_may_be_asked_once(pair) -> None:
    pair.hears_of(pair.permit())

    assert judged(at_the_neighbour_s(pair, AGREES))[0] is Outcome.PROCEED
    (told,) = of(pair, ThirdPartyMayBeAsked)
    assert told.permit_id == pair.permit_id

    another = PersonMet(relation="neighbour")
    assert judged(pair.may_ask(another, AGREES))[1] == ["C.21"]
    guard = ThirdPartyAnswer(answer="agrees", by="guard")
    assert judged(pair.may_ask(PersonMet(relation="guard"), guard))[1] == ["C.21"]


def test_nobody_else_is_asked_without_the_bank_s_permit(pair) -> None:
    assert judged(at_the_neighbour_s(pair, AGREES)) == (Outcome.STOP, ["C.21"])
    assert pair.said == ["field_visit.third_party_not_allowed"]


@pytest.mark.parametrize("answer", ["refuses", "does_not_know", "annoyed"])
def test_the_first_no_of_a_third_party_is_the_last_word(pair, answer) -> None:
    pair.hears_of(pair.permit())
    no = ThirdPartyAnswer(answer=answer, by="neighbour")

    assert "4.20" in judged(at_the_neighbour_s(pair, no))[1]
    assert "4.20" in judged(pair.may_ask(AGREES))[1]


def test_an_hour_the_debtor_named_lets_a_later_visit_come_then(pair) -> None:
    pair.record(LATE)
    assert pair.said == ["field_visit.appointment_recorded"]

    pair.watch.is_set("2026-03-02T21:05:00+08:00")
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.PROCEED, [])


def test_an_hour_that_has_come_is_no_appointment_any_more(pair) -> None:
    pair.watch.is_set("2026-03-02T20:25:00+08:00")
    pair.check_in(pair.a, pair.b)
    pair.watch.is_set("2026-03-02T21:10:00+08:00")
    pair.record(LATE)  # dated now, and backdated below: cleared until 20:40 only
    late = NINE + timedelta(minutes=15)
    soon = Appointment(starts_at=late, ends_at=late + timedelta(hours=1), proof="spoken")
    before = NINE - timedelta(minutes=30)
    journal = pair.a.writes(pair.visit, before, soon)
    pair.does(handlers.record_journal, RecordJournal(visit_id=pair.visit, journal=journal))

    pair.watch.is_set("2026-03-02T21:16:00+08:00")
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.05"])


def test_an_appointment_names_the_signed_entry_that_says_so(pair) -> None:
    pair.record(LATE)
    (body,) = pair.hears.connection.execute(
        select(leave_table.c.body).where(leave_table.c.kind == "appointment")
    ).one()
    entry = journal_table.c
    mine = (entry.device_id == body["device_id"]) & (entry.seq == body["seq"])
    row = pair.hears.connection.execute(select(journal_table).where(mine)).one()

    assert (row.link, body["proof"]) == (body["link"], "spoken")
    signed = Signature(value=row.signature)
    assert signatures.verifies(pair.a.public_key, signed, row.link.encode())


def test_an_hour_named_by_who_was_not_identified_is_none(unit, watch) -> None:
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, INTRODUCED, PersonMet(relation="debtor"), LATE, phone=pair.b)

    assert pair.said == []
    pair.watch.is_set("2026-03-02T21:05:00+08:00")
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.05"])


def test_a_supervisor_vouches_for_an_hour_for_taiwan_s_book_alone(unit, watch) -> None:
    pair = Pair(unit, watch)
    ask = SignOffHour(
        grant_id=ids.new(),
        visit_id=pair.visit,
        starts_at=NINE + timedelta(hours=1),
        ends_at=NINE + timedelta(hours=2),
        reason="works at night",
    )
    boss = pair.open("field_visit", Role.SUPERVISOR, pair.agency)
    handlers.boss_of(ask, boss)
    handlers.sign_off_hour(ask, boss)
    boss.settle()
    pair.watch.is_set("2026-03-02T22:05:00+08:00")

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["4.05"])


def test_a_supervisor_of_another_agency_vouches_for_nothing(pair) -> None:
    ask = SignOffHour(
        grant_id=ids.new(),
        visit_id=pair.visit,
        starts_at=NINE,
        ends_at=NINE + timedelta(hours=1),
        reason="x",
    )
    stranger = pair.open("field_visit", Role.SUPERVISOR, ids.new())
    with pytest.raises(NotFound):
        handlers.boss_of(ask, stranger)

    past = ask.model_copy(update={"starts_at": pair.watch.now - timedelta(hours=2)})
    boss = pair.open("field_visit", Role.SUPERVISOR, pair.agency)
    with pytest.raises(Invalid):
        handlers.sign_off_hour(past, boss)


def test_who_wears_the_badge_is_told_to_whoever_asks(pair) -> None:
    from proto.field_visit import CheckBadge

    stranger = Phone(ids.new())
    typed = pair.badge.lower().replace("-", " ")

    told = pair.does(handlers.check_badge, CheckBadge(code=typed), stranger, Role.ANYONE)

    assert (told.mandated, told.agency, told.staff_numbers) == (True, "a", ("1", "1"))
    wrong = pair.does(
        handlers.check_badge, CheckBadge(code="00000-00000"), stranger, Role.ANYONE
    )
    assert (wrong.mandated, wrong.agency, wrong.staff_numbers) == (False, None, ())
