"""Checks 5 to 8 are green on what is well, and red on each way to break it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from chaos.crews.ledger import Try
from chaos.oracle import judge
from chaos.remains.doors import Here, Letter, Noted, Verdict
from chaos.remains.evidence import Evidence
from chaos.remains.money import Leave
from tests.chaos.histories import (
    AGENCY,
    CASE,
    DEVICE,
    LETTER,
    PARTNER,
    VISIT,
    decided,
    decision,
    kept,
    moment,
    said,
    told,
)
from tests.chaos.paying import AUTHORITY, paid

Breaking = Callable[[Evidence], object]
FOLD, FORBIDDEN = "state equals the fold of events", "nothing forbidden allowed"
ALLOWED, TWO = "entry and cash only as allowed", "no active visit with fewer than two"


def test_a_history_with_an_entry_and_cash_that_is_well_is_green() -> None:
    assert judge(paid()) == []


def keep_a_case_otherwise(e: Evidence) -> None:
    e.doors.cases[CASE] = ("held", 3)


def keep_an_old_version(e: Evidence) -> None:
    e.doors.cases[CASE] = ("placed", 2)


def hold_and_never_resume(e: Evidence) -> None:
    e.said[4] = said("e5", "dispatch.case_held", CASE, 5, reason="disputed")


def end_a_visit_otherwise(e: Evidence) -> None:
    e.visits[0] = replace(e.visits[0], ending="declined")


def cut_a_visit_short_and_keep_no_cause(e: Evidence) -> None:
    cut = {"visit_id": VISIT, "cause": "ill", "at": moment(130.0)}
    e.said.append(said("f9", "field_visit.visit_cut_short", CASE, 9, **cut))


def clear_a_visit_and_say_nothing(e: Evidence) -> None:
    e.said[5] = replace(e.said[5], topic="field_visit.partner_missing")


def show_another_state(e: Evidence) -> None:
    e.doors.boards[VISIT] |= {"state": "inside"}


def count_a_refusal_twice(e: Evidence) -> None:
    e.doors.boards[VISIT] |= {"refusals": 2}


def keep_an_authority_otherwise(e: Evidence) -> None:
    e.money.authorities[0] = replace(e.money.authorities[0], state="granted")


def keep_an_old_leave(e: Evidence) -> None:
    e.money.leaves[0] = Leave(AUTHORITY, "granted", VISIT, "person-1")


def bank_half(e: Evidence) -> None:
    e.money.receipts[0] = replace(e.money.receipts[0], banked=Decimal(450))


def refuse_by_another_clause(e: Evidence) -> None:
    e.decided[1] = replace(e.decided[1], clauses=("4.05",))


def refuse_by_one_clause_more(e: Evidence) -> None:
    e.decided[1] = replace(e.decided[1], clauses=("4.17", "4.05"))


def judge_by_other_books(e: Evidence) -> None:
    e.decided[1] = replace(e.decided[1], books_hash="hash-of-c")


def tell_of_other_books(e: Evidence) -> None:
    answer = e.told[2].answer
    assert answer
    assert answer.reply
    answer.reply["decision"]["books_hash"] = "hash-of-c"


def change_the_books(e: Evidence) -> None:
    e.doors.hashes.clear()


def refuse_once_more(e: Evidence) -> None:
    e.decided.append(decided("d-two", "discuss_debt", "stop", "4.17", at=30.5))


def give_one_refusal_twice(e: Evidence) -> None:
    e.told.append(replace(e.told[2], operation=replace(e.told[2].operation, key="other")))


def allow_in_a_later_try(e: Evidence) -> None:
    e.told[4].tries.append(Try("again", 140, 141, 200, "", {}))


def decide_for_a_stranger(e: Evidence) -> None:
    about = {"forbidden": "another agency's case"}
    e.told.append(told("discuss_debt", VISIT, None, "404 not-found", at=35.0, **about))


def decide_without_a_certificate(e: Evidence) -> None:
    done = told("register_people", PARTNER, {"changed": 1}, "200", at=45.0)
    e.told.append(done)
    e.answered.append(replace(kept(done), service="workforce"))


def forget(kind: str) -> Breaking:
    def forget_a_fact(e: Evidence) -> None:
        e.doors.noted = [each for each in e.doors.noted if each.kind != kind]

    forget_a_fact.__name__ = f"forget_{kind}"
    return forget_a_fact


def note_it_too_late(e: Evidence) -> None:
    e.doors.noted[2] = replace(e.doors.noted[2], at=35.0)


def hear_it_from_a_lost_phone(e: Evidence) -> None:
    e.doors.noted[2] = replace(e.doors.noted[2], counts=False)


def consent_before_identified(e: Evidence) -> None:
    one, two = e.doors.noted[1], e.doors.noted[2]
    e.doors.noted[1] = replace(two, number=one.number, at=one.at)
    e.doors.noted[2] = replace(one, number=two.number, at=two.at)


def say(fact: dict[str, object]) -> Breaking:
    """Have somebody say that, after the consent and before the entry is asked for."""

    def say_so(e: Evidence) -> None:
        e.doors.noted.insert(3, Noted(VISIT, "device-2", 1, 4, 33.5, fact))

    say_so.__name__ = f"say_{fact['kind']}_{fact.get('relation', '')}"
    return say_so


def have_no_reason(e: Evidence) -> None:
    row = next(row for row in e.decided if row.id == "d-enter")
    e.decided[e.decided.index(row)] = replace(
        row, facts=row.facts | {"entry_reason": "curiosity"}
    )


def judge_no_deed(e: Evidence) -> None:
    e.doors.verdicts.pop()


def judge_a_deed_twice(e: Evidence) -> None:
    e.doors.verdicts.append(e.doors.verdicts[0])


def find_fine_what_nobody_allowed(e: Evidence) -> None:
    e.doors.noted.append(Noted("visit-2", DEVICE, 9, 9, 80.0, {"kind": "entered"}))
    e.doors.verdicts.append(Verdict(DEVICE, 9, "fine", (), "None"))


def mark_a_breach_of_nothing(e: Evidence) -> None:
    e.doors.verdicts[1] = replace(e.doors.verdicts[1], verdict="breach")


def change_the_authority(**but: object) -> Breaking:
    def change(e: Evidence) -> None:
        e.money.authorities[0] = replace(e.money.authorities[0], **but)

    change.__name__ = f"change_{'_'.join(but)}"
    return change


def spend_it_before(e: Evidence) -> None:
    e.money.receipts[0] = replace(e.money.receipts[0], at=49.0)


def take_it_back_before(e: Evidence) -> None:
    e.told.append(told("revoke_cash", AUTHORITY, {"state": "revoked"}, "200", at=45.0))


def hear_nothing_of_a_permit(e: Evidence) -> None:
    e.money.permits.clear()


def let_both_take_it(e: Evidence) -> None:
    e.decided.append(decided("d-both", "collect_cash", "proceed", at=50.0))
    e.decided[-1] = replace(e.decided[-1], asked_by=PARTNER)
    both = told("collect_cash", VISIT, {"decision": decision("d-both", "proceed")}, "200")
    e.told.append(both)
    e.answered.append(kept(both))
    e.money.permits.append(replace(e.money.permits[0], decision="d-both"))


def receipt_it_twice(e: Evidence) -> None:
    twin = replace(e.money.receipts[0], id="receipt-2", number="SJ2026-000002")
    e.money.receipts.append(twin)


def spend_without_a_receipt(e: Evidence) -> None:
    e.money.receipts.clear()


def receipt_more_than_allowed(e: Evidence) -> None:
    e.money.receipts[0] = replace(e.money.receipts[0], amount=Decimal(901))


def check_in_with_one_phone(e: Evidence) -> None:
    e.doors.here[1] = Here(VISIT, PARTNER, DEVICE)


def check_in_alone(e: Evidence) -> None:
    e.doors.here.pop()


def check_in_with_a_stranger(e: Evidence) -> None:
    e.doors.here[1] = Here(VISIT, "person-3", "device-2")


def come_from_another_agency(e: Evidence) -> None:
    e.doors.agencies[PARTNER] = "agency-2"


def be_in_no_letter(e: Evidence) -> None:
    e.doors.letters[LETTER] = Letter(AGENCY, frozenset({"person-1"}))


def allow_one_alone(e: Evidence) -> None:
    e.decided[0].facts["here"].pop()


def allow_before_both_came(e: Evidence) -> None:
    e.decided[0] = replace(e.decided[0], at=55.0)


def allow_after_one_went(e: Evidence) -> None:
    cut = {"visit_id": VISIT, "cause": "ill", "at": moment(40.0)}
    e.said.append(said("f9", "field_visit.visit_cut_short", CASE, 9, **cut))


def allow_with_a_lost_phone(e: Evidence) -> None:
    e.told.append(told("revoke_device", DEVICE, {"state": "revoked"}, "200", at=45.0))


@pytest.mark.parametrize(
    ("check", "counts_as", "breaking"),
    [
        (FOLD, "unexpected", keep_a_case_otherwise),
        (FOLD, "unexpected", keep_an_old_version),
        (FOLD, "unexpected", hold_and_never_resume),
        (FOLD, "unexpected", end_a_visit_otherwise),
        (FOLD, "unexpected", cut_a_visit_short_and_keep_no_cause),
        (FOLD, "unexpected", clear_a_visit_and_say_nothing),
        (FOLD, "unexpected", show_another_state),
        (FOLD, "unexpected", count_a_refusal_twice),
        (FOLD, "unexpected", keep_an_authority_otherwise),
        (FOLD, "unexpected", keep_an_old_leave),
        (FOLD, "unexpected", bank_half),
        (FORBIDDEN, "unexpected", refuse_by_another_clause),
        (FORBIDDEN, "unexpected", refuse_by_one_clause_more),
        (FORBIDDEN, "unexpected", judge_by_other_books),
        (FORBIDDEN, "unexpected", tell_of_other_books),
        (FORBIDDEN, "unexpected", change_the_books),
        (FORBIDDEN, "duplicated", refuse_once_more),
        (FORBIDDEN, "duplicated", give_one_refusal_twice),
        (FORBIDDEN, "unexpected", allow_in_a_later_try),
        (FORBIDDEN, "unexpected", decide_for_a_stranger),
        (FORBIDDEN, "unexpected", decide_without_a_certificate),
        (ALLOWED, "unexpected", forget("person_met")),
        (ALLOWED, "unexpected", forget("identified")),
        (ALLOWED, "unexpected", forget("consent")),
        (ALLOWED, "unexpected", note_it_too_late),
        (ALLOWED, "unexpected", hear_it_from_a_lost_phone),
        (ALLOWED, "unexpected", consent_before_identified),
        (
            ALLOWED,
            "unexpected",
            say({"kind": "consent", "answer": "refused", "by": "debtor"}),
        ),
        (ALLOWED, "unexpected", say({"kind": "consent_withdrawn", "by": "debtor"})),
        (ALLOWED, "unexpected", say({"kind": "objected", "by": "spouse"})),
        (ALLOWED, "unexpected", say({"kind": "person_met", "relation": "parent"})),
        (ALLOWED, "unexpected", have_no_reason),
        (ALLOWED, "lost", judge_no_deed),
        (ALLOWED, "duplicated", judge_a_deed_twice),
        (ALLOWED, "unexpected", find_fine_what_nobody_allowed),
        (ALLOWED, "lost", mark_a_breach_of_nothing),
        (ALLOWED, "unexpected", change_the_authority(case="case-2")),
        (ALLOWED, "unexpected", change_the_authority(cap=Decimal(899))),
        (ALLOWED, "unexpected", change_the_authority(at=51.0)),
        (ALLOWED, "unexpected", change_the_authority(good_until=50.0)),
        (ALLOWED, "unexpected", change_the_authority(id="authority-2")),
        (ALLOWED, "unexpected", spend_it_before),
        (ALLOWED, "unexpected", take_it_back_before),
        (ALLOWED, "lost", hear_nothing_of_a_permit),
        (ALLOWED, "duplicated", let_both_take_it),
        (ALLOWED, "duplicated", receipt_it_twice),
        (ALLOWED, "lost", spend_without_a_receipt),
        (ALLOWED, "unexpected", receipt_more_than_allowed),
        (ALLOWED, "unexpected", keep_an_authority_otherwise),
        (TWO, "unexpected", check_in_with_one_phone),
        (TWO, "unexpected", check_in_alone),
        (TWO, "unexpected", check_in_with_a_stranger),
        (TWO, "unexpected", come_from_another_agency),
        (TWO, "unexpected", be_in_no_letter),
        (TWO, "unexpected", allow_one_alone),
        (TWO, "unexpected", allow_before_both_came),
        (TWO, "unexpected", allow_after_one_went),
        (TWO, "unexpected", allow_with_a_lost_phone),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_a_broken_door_is_red(check: str, counts_as: str, breaking: Breaking) -> None:
    evidence = paid()
    breaking(evidence)

    assert (check, counts_as) in {(each.check, each.counts_as) for each in judge(evidence)}


def test_a_partner_who_is_back_with_a_certificate_is_let_again() -> None:
    evidence = paid()
    for at in (1.0, 5.0):  # taken back, and given again before anybody knocked
        done = told("register_people", PARTNER, {"changed": 1}, "200", at=at)
        evidence.told.append(done)
        evidence.answered.append(replace(kept(done), service="workforce"))

    assert judge(evidence) == []
