"""A payment code at a door: the bank's own, for the debtor, and judged once shown."""

from datetime import timedelta

import pytest

from chassis import topology
from chassis.errors import Conflict, Unavailable
from chassis.settings import settings
from chassis.shared import Shared
from proto import ids
from proto.base import Role
from proto.decision import Act, Outcome
from proto.dispatch import CaseState
from proto.facts import Disputed, PaidByChannel, PaymentCodeShown, PersonMet
from proto.field_visit import EntryVerdict, ShowPaymentCode
from proto.pack import Deed, Met
from proto.payment_code import digest
from proto.recovery import CodeState, PaymentCodeStanding
from services.field_visit import handlers
from services.field_visit.model import verdict_table
from tests.acting import BOOKS, MAINLAND
from tests.banking import Signer, publish
from tests.services.conftest import NOON
from tests.services.pairs import INTRODUCED, RECORDING, THE_DEBTOR, Pair, judged
from tests.services.test_packing import agrees, known, pack_of, said, second_of

MORNING, EVENING = NOON - timedelta(hours=3), NOON + timedelta(hours=6)
FINE, BREACH = EntryVerdict.FINE, EntryVerdict.BREACH


@pytest.fixture
def signer(environment) -> Signer:
    signer = Signer("2026-1")
    publish(settings().keys, signer)
    return signer


class Coded(Pair):
    """A pair at a debtor's door, for whose case the bank has signed a code."""

    def __init__(self, unit, watch, signer, books=MAINLAND, **but) -> None:
        super().__init__(unit, watch, books)
        self.signer, self.code_id = signer, ids.new()
        self.code = signer.code(self.case, MORNING, EVENING)
        known(self)
        self.posts(**but)

    def standing(self, version=1, **but) -> PaymentCodeStanding:
        code = but.pop("code", self.code)
        values = {
            "case_id": self.case,
            "code_id": self.code_id,
            "code": self.hears.keyring.seal(self.case, "case.payment_code", code),
            "sha256": digest(code),
            "not_before": MORNING,
            "good_until": EVENING,
            "state": CodeState.GOOD,
            "at": self.watch.now,
        }
        return PaymentCodeStanding(**values | but, version=version)

    def posts(self, version=1, **but) -> None:
        unit = self.open("field_visit")
        handlers.keep_code(self.standing(version, **but), unit)
        unit.settle()

    def may_show(self, *facts, phone=None):
        journal = self.journal(*facts, phone=phone) if facts else None
        command = ShowPaymentCode(visit_id=self.visit, journal=journal)
        return self.does(handlers.show_payment_code, command, phone)

    def verdicts(self) -> list[tuple[EntryVerdict, list[str]]]:
        its = verdict_table.c
        query = verdict_table.select().where(its.visit_id == self.visit).order_by(its.seq)
        rows = self.hears.connection.execute(query)
        return [(EntryVerdict(row.verdict), list(row.clauses)) for row in rows]

    def shows(self, code: str | None = None, **but) -> None:
        self.record(PaymentCodeShown(sha256=digest(code or self.code)), **but)


@pytest.fixture
def pair(unit, watch, signer) -> Coded:
    pair = Coded(unit, watch, signer)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)
    return pair


def test_the_debtor_is_shown_the_bank_s_own_code(pair) -> None:
    clearance = pair.may_show()

    assert judged(clearance) == (Outcome.PROCEED, [])
    assert clearance.payment_code == pair.code
    assert clearance.decision.good_until == pair.watch.now + timedelta(minutes=5)
    assert "二维码" in clearance.script["zh-CN"]
    assert pair.said == []


def test_so_it_is_under_a_book_that_lets_nobody_take_money(unit, watch, signer) -> None:
    pair = Coded(unit, watch, signer, BOOKS)
    pair.check_in(pair.a, pair.b)

    assert judged(pair.may_show(RECORDING, *THE_DEBTOR)) == (Outcome.PROCEED, [])


@pytest.mark.parametrize(
    ("facts", "against"),
    [
        ((INTRODUCED, PersonMet(relation="debtor")), "4.11"),
        ((INTRODUCED, PersonMet(relation="parent")), "4.17"),
        ((INTRODUCED, PersonMet(relation="debtor", capable=False)), "C.20"),
        ((*THE_DEBTOR, Disputed(claim="wrong_amount")), "4.13"),
    ],
    ids=["not identified", "mother", "child", "disputed"],
)
def test_nobody_else_is_shown_any(unit, watch, signer, facts, against) -> None:
    pair = Coded(unit, watch, signer)
    pair.check_in(pair.a, pair.b)

    clearance = pair.may_show(RECORDING, *facts)

    assert judged(clearance)[0] is Outcome.STOP
    assert against in judged(clearance)[1]
    assert clearance.payment_code is None
    assert pair.said[-1] == "field_visit.payment_code_not_allowed"
    assert pair.code not in str([each.data for each in pair.events])


def test_where_the_bank_has_signed_none_there_is_none(unit, watch, signer) -> None:
    pair = Pair(unit, watch, MAINLAND)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR)

    clearance = pair.does(handlers.show_payment_code, ShowPaymentCode(visit_id=pair.visit))

    assert (judged(clearance), clearance.payment_code) == ((Outcome.STOP, ["C.27"]), None)
    assert "银行自己的渠道" in clearance.script["zh-CN"]


@pytest.mark.parametrize(("seconds", "allowed"), [(-1, True), (0, False), (1, False)])
def test_it_ends_to_the_second(unit, watch, signer, seconds, allowed) -> None:
    pair = Coded(unit, watch, signer)
    watch.now = EVENING + timedelta(seconds=seconds) - timedelta(seconds=3)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR, phone=pair.b)  # a second each, and one for the ask

    clearance = pair.may_show()

    assert pair.watch.now == EVENING + timedelta(seconds=seconds)
    assert judged(clearance) == (
        (Outcome.PROCEED, []) if allowed else (Outcome.STOP, ["C.27"])
    )
    if allowed:
        assert clearance.decision.good_until == EVENING


@pytest.mark.parametrize("state", [CodeState.REVOKED, CodeState.ENDED])
def test_one_that_was_taken_back_is_shown_to_nobody(pair, state) -> None:
    pair.posts(2, state=state)

    assert judged(pair.may_show()) == (Outcome.STOP, ["C.27"])


def test_what_was_taken_back_first_is_not_brought_by_older_news(pair) -> None:
    pair.posts(3, state=CodeState.REVOKED)
    pair.posts(2)

    assert judged(pair.may_show())[0] is Outcome.STOP


def test_a_newer_code_replaces_the_older(pair) -> None:
    newer = pair.signer.code(pair.case, MORNING, EVENING + timedelta(minutes=1))
    until = EVENING + timedelta(minutes=1)
    pair.posts(2, code=newer, code_id=ids.new(), good_until=until)

    assert pair.may_show().payment_code == newer


def test_a_key_that_the_bank_took_back_takes_its_codes_along(pair) -> None:
    publish(settings().keys, Signer("2026-2"))

    clearance = pair.may_show()

    assert judged(clearance) == (Outcome.STOP, ["4.30", "C.27"])
    assert clearance.payment_code is None


@pytest.mark.parametrize("state", [CaseState.HELD, CaseState.RECALLED, CaseState.PAID_OFF])
def test_a_hold_ends_it_before_recovery_has_said_so(pair, state) -> None:
    assert pair.may_show().payment_code
    pair.hear(pair.case_standing(2, state=state))

    assert pair.said == ["field_visit.clearance_revoked"]
    with pytest.raises(Conflict, match="not-checked-in"):
        pair.may_show()


def test_it_is_not_shown_while_a_revocation_may_be_on_its_way(pair, monkeypatch) -> None:
    def silent(shared: Shared):
        last = {"recovery": shared.now - timedelta(seconds=9)}
        return dict.fromkeys(topology.SERVICES, shared.now) | last

    monkeypatch.setattr(Shared, "ticked", property(silent))

    with pytest.raises(Unavailable, match="source-stale"):
        pair.may_show()
    assert judged(pair.may_talk()) == (Outcome.PROCEED, [])
    assert pack_of(pair).visits[0].code is None


# What was shown is judged by its digest.


def test_the_bank_s_own_code_shown_to_the_debtor_is_fine(pair) -> None:
    pair.shows()

    assert pair.verdicts() == [(FINE, [])]
    assert pair.said == []


@pytest.mark.parametrize("books", [MAINLAND, BOOKS], ids=["mainland", "with Taiwan's"])
def test_a_visitor_s_own_code_is_a_breach_on_arrival(unit, watch, signer, books) -> None:
    pair = Coded(unit, watch, signer, books)
    pair.check_in(pair.a, pair.b)
    pair.record(RECORDING, *THE_DEBTOR)

    pair.shows("wxp://f2f0-of-a-collector")

    never = ["21.038"] if "TW-2005" in books else []
    assert pair.verdicts() == [(BREACH, ["4.30", *never, "C.27"])]
    assert pair.said == ["field_visit.breach_recorded"]
    assert pair.events[0].data["act"] == Act.SHOW_PAYMENT_CODE


def test_so_is_the_code_of_another_case(pair, unit, watch, signer) -> None:
    other = Coded(unit, watch, signer)

    pair.shows(other.code)

    assert pair.verdicts() == [(BREACH, ["4.30", "C.27"])]


def test_so_is_a_code_that_was_over(pair) -> None:
    pair.watch.now = EVENING
    pair.shows()

    assert pair.verdicts() == [(BREACH, ["C.27"])]


def test_so_is_the_right_code_before_anybody_else(unit, watch, signer) -> None:
    for met in (PersonMet(relation="parent"), PersonMet(relation="debtor")):
        pair = Coded(unit, watch, signer)
        pair.check_in(pair.a, pair.b)
        pair.record(RECORDING, INTRODUCED, met)

        pair.shows()

        (verdict, clauses), *_ = pair.verdicts()
        expected = "4.17" if met.relation == "parent" else "4.11"
        assert (verdict, expected in clauses) == (BREACH, True)


def test_a_code_taken_back_before_is_no_breach_of_a_phone_that_could_not_know(pair) -> None:
    pair.watch.goes(minutes=1)
    pair.posts(2, state=CodeState.REVOKED)
    pair.watch.goes(minutes=1)

    pair.shows()
    pair.watch.goes(minutes=1)
    pair.shows()  # by now it has been answered

    assert pair.verdicts() == [(EntryVerdict.UNKNOWING, ["C.27"]), (BREACH, ["C.27"])]


def test_who_pays_by_a_code_the_bank_never_signed_is_told_of_as_well(pair) -> None:
    pair.record(PaidByChannel(channel="bank_code", sha256=digest(pair.code)))
    assert (pair.said, pair.verdicts()) == (["field_visit.payment_told"], [])

    pair.record(PaidByChannel(channel="bank_code", sha256="0" * 64))

    assert pair.said == ["field_visit.payment_told", "field_visit.breach_recorded"]
    assert pair.verdicts() == [(BREACH, ["4.30", "C.27"])]


# Without a signal.


def test_the_pack_carries_it_and_says_when_it_may_be_shown(pair) -> None:
    pack = pack_of(pair)

    (visit,) = pack.visits
    assert (visit.code.case_id, visit.code.code) == (pair.case, pair.code)
    assert Deed.SHOW_PAYMENT_CODE not in pack.live
    hours = [second_of(each) for each in ("08:59", "09:00", "17:59", "18:00")]
    asks = (said(pack, Deed.SHOW_PAYMENT_CODE, Met.DEBTOR, each) for each in hours)
    stop, proceed = (Outcome.STOP, ["C.27"]), (Outcome.PROCEED, [])
    assert list(asks) == [stop, proceed, proceed, stop]
    others = [each for each in Met if each is not Met.DEBTOR]
    at = (said(pack, Deed.SHOW_PAYMENT_CODE, each, second_of("12:00")) for each in others)
    assert {outcome for outcome, _ in at} == {Outcome.STOP}


def test_only_what_is_good_that_day_is_in_the_pack(unit, watch, signer) -> None:
    day = timedelta(days=1)
    for but in (
        {"not_before": MORNING + day, "good_until": EVENING + day},
        {"not_before": MORNING - day, "good_until": EVENING - day},
        {"state": CodeState.REVOKED},
    ):
        hours = {"not_before": MORNING, "good_until": EVENING} | but
        code = signer.code(ids.new(), hours["not_before"], hours["good_until"])
        pair = Coded(unit, watch, signer, code=code, **but)
        assert pack_of(pair).visits[0].code is None


def test_what_the_bank_did_not_sign_for_the_case_is_in_no_pack(unit, watch, signer) -> None:
    stranger = signer.code(ids.new(), MORNING, EVENING)
    pair = Coded(unit, watch, signer, code=stranger)

    pack = pack_of(pair)

    assert pack.visits[0].code is None
    answer = said(pack, Deed.SHOW_PAYMENT_CODE, Met.DEBTOR, second_of("12:00"))
    assert answer == (Outcome.STOP, ["4.30", "C.27"])


def test_at_each_minute_the_pack_says_what_judge_says(unit, watch, signer) -> None:
    pair = Coded(unit, watch, signer)
    one = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, pair.a.person_id)
    agrees(pair, one, step=60 * 15)
