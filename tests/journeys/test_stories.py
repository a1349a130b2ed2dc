"""The stories of docs/door-stories.md, through HTTP, as the people in them act."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from doorstep.client import Answer
from doorstep.process import wait_until
from proto import ids
from proto.facts import (
    Appointment,
    CashHanded,
    ComplaintMade,
    Disputed,
    Identified,
    Introduced,
    MoneyLeft,
    MoneyRefused,
    PaidByChannel,
    PaymentCodeShown,
    PersonMet,
    Recording,
    ThirdPartyAnswer,
)
from proto.payment_code import digest
from tests.acting import MAINLAND
from tests.banking import PAYLOAD, Signer, publish
from tests.world import AtADoor, Door, Platform, clauses, plain

RECORDING = Recording(announced=True, running=True)
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
DEBTOR = PersonMet(relation="debtor")
CONFIRMED = Identified(name_said=True, items=("card_tail", "birth_year"))
AGREES = ThirdPartyAnswer(answer="agrees", by="parent")
#: Words that no script may say to somebody who is not known to be the debtor.
OF_THE_DEBT = ("欠", "逾期", "overdue", "debt", "owe")


@pytest.fixture(scope="module")
def door(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Door:
    """One agency and its pair for all stories; every story has a case of its own."""
    return Door(platform, tmp_path_factory.mktemp("phones"))


@pytest.fixture
def way(door: Door) -> AtADoor:
    """A pair on its way."""
    return AtADoor(door, door.visits(1)[0])


@pytest.fixture
def here(way: AtADoor) -> AtADoor:
    """A pair that may knock, with everything on the record."""
    return cleared(way)


@pytest.fixture
def mainland(door: Door) -> AtADoor:
    """The same at a door where no book says that money is never taken."""
    (visit,) = door.visits(1, books=MAINLAND)
    return cleared(AtADoor(door, visit))


def cleared(here: AtADoor) -> AtADoor:
    answer = here.checks_in()
    assert (answer.status, clauses(answer)) == (200, [])
    here.notes(RECORDING, INTRODUCED)
    return here


def refused(answer: Answer) -> set[str]:
    """The clauses of a refusal; every one in both languages, with its own words."""
    assert (answer.status, answer.kind) == (403, "not-allowed"), answer
    for reason in answer.body["decision"]["reasons"]:
        assert reason["quote"], reason
        for words in (reason["says"], reason["cure"], answer.body["script"]):
            assert set(words) == {"zh-CN", "en"}
            assert all(words.values())
    return set(clauses(answer))


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do these at the same instant."""
    ready = threading.Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        ready.wait(timeout=30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def test_s1_whoever_says_that_is_me_is_told_nothing_before_it_is_shown(here) -> None:
    talk = here.asks("discuss-debt", DEBTOR)

    assert refused(talk) == {"4.10", "4.11", "16.10", "16.11"}
    assert not [word for word in OF_THE_DEBT if word in str(talk.body["script"])]

    one_item = Identified(name_said=True, items=("card_tail",))
    assert refused(here.asks("discuss-debt", one_item)) == {"4.10", "16.10"}
    known = here.asks("discuss-debt", CONFIRMED)
    assert (known.status, clauses(known)) == (200, [])


def test_s2_the_mother_opens_and_wants_to_pay(mainland, platform) -> None:
    here = mainland
    mother = PersonMet(relation="parent")
    talk = here.asks("discuss-debt", mother)
    assert {"4.17", "13.08", "16.08"} <= refused(talk)
    assert not [word for word in OF_THE_DEBT if word in str(talk.body["script"])]
    assert {"13.08", "4.30", "4.32"} <= refused(here.asks("collect-cash", amount="100.00"))

    assert refused(here.asks("ask-third-party", AGREES)) == {"C.21"}
    permit = {"permit_id": ids.new(), "good_until": platform.now() + timedelta(hours=1)}
    path = f"/v1/cases/{here.case_id}/third-party-permits"
    assert platform.officer.post(path, plain(permit)).ok
    platform.settle()
    asked = here.asks("ask-third-party")
    assert (asked.status, clauses(asked)) == (200, [])

    annoyed = ThirdPartyAnswer(answer="annoyed", by="parent")
    assert "4.20" in refused(here.asks("ask-third-party", annoyed))
    platform.settle()
    used = "SELECT state FROM contact.third_party_permit WHERE id = %s"
    assert platform.rows(used, permit["permit_id"]) == [("used",)]


def test_s3_a_child_is_asked_nothing_and_nobody_comes_again_that_day(here, door) -> None:
    child = PersonMet(relation="child", capable=False)
    assert "C.20" in refused(here.asks("discuss-debt", child))
    for act, body in (
        ("ask-third-party", {}),
        ("enter-premises", {"reason": "limited_mobility"}),
        ("collect-cash", {"amount": "1.00"}),
        ("hand-over-letter", {"how": "in_person"}),
    ):
        assert "C.20" in refused(here.asks(act, **body)), act
    assert here.posts("/check-out", {"ending": "third_party"}).ok

    (again,) = door.planned([here.case_id])
    assert refused(AtADoor(door, again).checks_in()) == {"C.18"}


def test_s7_an_hour_the_debtor_names_is_good_for_one_visit(here, door, platform) -> None:
    here.asks("discuss-debt", DEBTOR, CONFIRMED)
    soon = platform.now() + timedelta(seconds=2)
    named = Appointment(starts_at=soon, ends_at=soon + timedelta(hours=2), proof="spoken")
    here.notes(named)
    assert here.posts("/check-out", {"ending": "talked"}).ok
    platform.settle()
    second, third = (AtADoor(door, visit) for visit in door.planned([here.case_id] * 2))
    assert wait_until(lambda: platform.now() > soon, 60)

    came = second.checks_in()
    assert (came.status, clauses(came)) == (200, [])
    assert second.checks_in().status == 200
    assert refused(third.checks_in()) == {"C.18"}


def test_s8_a_visit_that_would_end_after_nine_is_not_begun(door) -> None:
    """It is 20:45 on the Chatham Islands when it is 15:00 in Shanghai, or some minutes
    later: the clock of all journeys ticks on.
    """
    address = {"text": "x", "point": {"latitude": 31.2304, "longitude": 121.4737}}
    (visit,) = door.visits(1, address=address | {"zone": "Pacific/Chatham"})

    late = AtADoor(door, visit).checks_in()

    assert refused(late) == {"4.05"}
    (reason,) = late.body["decision"]["reasons"]
    assert "20:45" <= reason["values"]["starts"] < "22:00"
    assert reason["values"]["closes"] == "21:00"


@pytest.mark.parametrize("what", ["hold", "recall", "payoff"])
def test_s9_on_the_way_the_phone_learns_that_it_is_withdrawn_and_no_more(
    way, platform, what
) -> None:
    here = way
    before = here.shown()
    assert (before["withdrawn"], before["sheet"] is None) == (False, False)
    body = {"reason": "bank_decision"} if what == "hold" else {}
    assert platform.officer.post(f"/v1/cases/{here.case_id}/{what}", body).ok
    platform.settle()

    assert refused(here.checks_in()) == {"4.38"}
    hidden = {"withdrawn": True, "sheet": None, "badge": None}
    now = here.shown()
    assert {name: now[name] for name in hidden} == hidden
    assert now | hidden == before | hidden | {
        "present": now["present"],
        "state": now["state"],
    }


def test_s9_i_already_paid_holds_the_case_at_once_and_the_bank_answers(
    here, door, platform
) -> None:
    here.asks("discuss-debt", DEBTOR, CONFIRMED)
    case = here.case_id

    assert {"4.12", "4.13"} & refused(
        here.asks("discuss-debt", Disputed(claim="already_paid"))
    )
    platform.settle()

    bank = platform.officer.get(f"/v1/cases/{case}").body
    (hold,) = bank["holds"]
    assert (bank["state"], hold["reason"]) == ("held", "already_paid")
    assert hold["owner_id"]
    assert hold["review_on"] == "2026-03-02"
    assert "4.38" in refused(AtADoor(door, door.planned([case])[0]).checks_in())
    settled = platform.officer.post(f"/v1/cases/{case}/payoff", {})
    assert (settled.body["state"], settled.body["holds"]) == ("paid_off", [])


def authorise(here: AtADoor, cap: str = "1500.00", by: Any = None, **but: Any) -> Answer:
    body = {
        "authority_id": ids.new(),
        "reason": "limited_mobility",
        "cap": cap,
        "good_until": here.door.platform.now() + timedelta(hours=8),
    } | but
    officer = by or here.door.platform.officer
    return officer.post(f"/v1/cases/{here.case_id}/cash-authorities", plain(body))


def test_s10_money_is_refused_aloud_and_what_is_left_behind_is_no_payment(
    here, platform
) -> None:
    here.asks("discuss-debt", DEBTOR, CONFIRMED)
    offered = here.asks("collect-cash", amount="200.00")
    assert refused(offered) == {"4.30", "4.32", "21.038"}
    assert "21.091" in refused(here.asks("collect-cash", amount="200.00", what="goods"))
    never = authorise(here)
    assert (never.status, clauses(never)) == (403, ["21.038"])

    here.notes(MoneyRefused(), MoneyLeft(amount="200.00", counted_by_both=True))
    platform.settle()

    money = platform.officer.get(f"/v1/cases/{here.case_id}/money").body
    assert (money["authorities"], money["receipts"]) == ([], [])
    (incident,) = money["incidents"]
    assert (incident["amount"], incident["outcome"]) == ("200.00", None)
    assert incident["reported_late"] is False


def test_s10_who_wants_to_pay_is_shown_the_bank_s_own_code(here, platform) -> None:
    signer, keys_folder = Signer("2026-1"), Path(platform.settings["DOORSTEP_KEYS"])
    publish(keys_folder, signer)
    now, mine = platform.now(), here.door.pair[0]
    code = signer.code(here.case_id, now - timedelta(hours=1), now + timedelta(hours=8))
    path = f"/v1/cases/{here.case_id}/payment-code"
    body = plain({"code_id": ids.new(), "code": code})
    assert here.door.boss.post(path, body).status == 403  # an agency posts none
    forged = plain(
        {"code_id": ids.new(), "code": Signer("2026-1").code(here.case_id, now, now)}
    )
    assert platform.officer.post(path, forged).status == 422
    posted = platform.officer.post(path, body)
    assert (posted.status, posted.body["state"]) == (200, "good")
    assert code not in str(posted.body)
    assert here.door.boss.get(f"/v1/cases/{here.case_id}/money").status == 403
    platform.settle()

    mother = here.asks("show-payment-code", PersonMet(relation="parent"))
    assert refused(mother) >= {"4.17", "4.11"}
    assert (mother.body["payment_code"], code in str(mother.body)) == (None, False)
    allowed = here.asks("show-payment-code", DEBTOR, CONFIRMED)
    assert (allowed.status, allowed.body["payment_code"]) == (200, code)
    keys = mine.http.get("/v1/keys").body["keys"]
    case_id = UUID(here.case_id)
    drawn = mine.phone.shows(here.visit_id, case_id, code, keys, platform.now())
    assert drawn == PAYLOAD
    here.notes(PaidByChannel(channel="bank_code", sha256=digest(code)))
    platform.settle()
    assert of_codes(here) == [("payment_code_shown", "fine", [])]

    revoked = platform.officer.post(f"{path}/{posted.body['code_id']}/revocation", {})
    assert revoked.body["state"] == "revoked"
    platform.settle()
    assert refused(here.asks("show-payment-code")) == {"C.27"}
    here.notes(PaymentCodeShown(sha256=digest("wxp://of-a-collector")))  # a visitor's own
    _, (kind, verdict, against) = of_codes(here)
    assert (kind, verdict) == ("payment_code_shown", "breach")
    assert {"4.30", "21.038", "C.27"} <= set(against)


def of_codes(here: AtADoor) -> list[tuple[str, str, list[str]]]:
    """What the rules say of each code that was shown."""
    answer = here.door.pair[0].http.get(f"/v1/visits/{here.visit_id}/journal")
    return [
        (each["kind"], each["verdict"], each["clauses"])
        for each in answer.body["entries"]
        if each["kind"] == "payment_code_shown"
    ]


def test_s10_cash_by_the_bank_s_leave_is_receipted_and_banked(mainland, platform) -> None:
    here = mainland
    here.asks("discuss-debt", DEBTOR, CONFIRMED)
    asked = authorise(here, "3000.00")
    authority = asked.body["authority_id"]
    assert (asked.status, asked.body["state"]) == (200, "proposed")  # C.13: four eyes
    platform.settle()
    assert "4.32" in refused(here.asks("collect-cash", amount="3000.00"))

    path = f"/v1/cases/{here.case_id}/cash-authorities/{authority}/confirmation"
    alone = platform.officer.post(path, {})
    assert not alone.ok
    other = platform.account("bank_officer")
    assert other.post(path, {}).body["state"] == "granted"
    platform.settle()
    assert refused(here.asks("collect-cash", amount="3000.01")) == {"4.32"}
    allowed = here.asks("collect-cash", amount="3000.00")
    assert (allowed.status, clauses(allowed)) == (200, [])
    platform.settle()

    receipt_id = ids.new()
    receipt = here.posts("/receipts", receipt_of(here, authority, receipt_id))
    assert (receipt.status, receipt.body["amount"]) == (200, "3000.00")
    here.notes(CashHanded(amount="3000.00"))
    twice = here.posts("/receipts", receipt_of(here, authority, ids.new()))
    assert not twice.ok
    banking = {"case_id": here.case_id, "amount": "2999.99", "slip": "JC-1"}
    banked = here.door.boss.post(f"/v1/receipts/{receipt_id}/banking", banking)
    assert (banked.body["banked"], banked.body["variance"]) == ("2999.99", "-0.01")
    platform.settle()
    shown = here.door.pair[0].http.get
    assert wait_until(lambda: shown(f"/v1/receipts/{receipt_id}").body["pdf"], 60)


def receipt_of(here: AtADoor, authority: str, receipt_id: Any) -> dict[str, Any]:
    return {
        "receipt_id": receipt_id,
        "case_id": here.case_id,
        "authority_id": authority,
        "amount": "3000.00",
    }


def test_two_phones_spend_one_leave_once(mainland, platform) -> None:
    here = mainland
    here.asks("discuss-debt", DEBTOR, CONFIRMED)
    assert authorise(here).body["state"] == "granted"
    platform.settle()

    both = at_once(
        *(
            lambda by=by: here.posts("/asks/collect-cash", {"amount": "900.00"}, by)
            for by in here.door.pair
        )
    )

    assert sorted(each.status for each in both) == [200, 403]
    (no,) = (each for each in both if each.status == 403)
    assert refused(no) == {"4.32"}


def test_two_officers_at_the_same_instant_give_one_leave(mainland, platform) -> None:
    here, other = mainland, platform.account("bank_officer")

    both = at_once(lambda: authorise(here), lambda: authorise(here, by=other))

    assert sorted(each.status for each in both) == [200, 409]


def test_a_complaint_stops_the_work_and_the_agency_learns_nothing(
    way, door, platform
) -> None:
    here = way
    badge = here.shown()["badge"]
    nobody = door.platform.nobody()
    told = nobody.post("/v1/badges/checks", {"code": badge.lower()}).body
    assert told["mandated"] is True
    assert "陈建国" not in str(told)
    complaint = {"complaint_id": ids.new(), "code": badge, "words": "他们很凶。"}
    filed = nobody.post("/v1/badges/complaints", plain(complaint))
    unknown = plain(complaint | {"complaint_id": ids.new(), "code": "00000-00000"})
    assert filed.status == nobody.post("/v1/badges/complaints", unknown).status == 200
    platform.settle()

    assert refused(here.checks_in()) == {"4.38"}
    held, (other,) = here.shown(), door.visits(1)
    unlike = AtADoor(door, other)
    platform.officer.post(f"/v1/cases/{unlike.case_id}/hold", {"reason": "bank_decision"})
    platform.settle()
    own = ("visit_id", "case_id", "not_before", "not_after", "present", "state")
    other_held = unlike.shown()
    assert {k: v for k, v in held.items() if k not in own} == {
        k: v for k, v in other_held.items() if k not in own
    }
    for path in ("/v1/complaints", f"/v1/complaints/{complaint['complaint_id']}"):
        assert door.boss.get(path).status == door.pair[0].http.get(path).status == 403
    desk = platform.account("complaints_officer")
    shown = desk.get(f"/v1/complaints/{complaint['complaint_id']}").body
    assert (shown["words"], shown["state"]) == ("他们很凶。", "open")

    closing = {"verdict": "not_upheld"}
    assert desk.post(f"/v1/complaints/{shown['complaint_id']}/closure", closing).ok
    platform.settle()
    assert here.checks_in().status == 200


def test_a_complaint_spoken_at_the_door_ends_the_visit(here, door, platform) -> None:
    here.asks("discuss-debt", DEBTOR, CONFIRMED)

    assert refused(here.asks("discuss-debt", ComplaintMade())) == {"4.38"}
    platform.settle()
    desk = platform.account("complaints_officer")
    mine = [
        each
        for each in desk.get("/v1/complaints?limit=200").body["complaints"]
        if each["visit_id"] == str(here.visit_id)
    ]
    assert [(each["channel"], each["state"]) for each in mine] == [("door", "open")]


def test_s15_two_debts_at_one_door_are_two_visits_that_know_nothing_of_each_other(
    way, door
) -> None:
    debtor = {
        "name": "林秀兰",
        "id_number": "000000196501010028",
        "card_number": "6222020000005678",
    }
    one, two = AtADoor(door, door.visit_id), AtADoor(door, door.visits(1, debtor=debtor)[0])
    cleared(one)
    assert one.asks("discuss-debt", DEBTOR, CONFIRMED).status == 200
    assert "林秀兰" not in str(one.shown())
    assert "陈建国" not in str(two.shown())
    assert two.asks("discuss-debt").kind == "not-checked-in"

    cleared(two)

    assert {"4.11", "16.11"} <= refused(two.asks("discuss-debt"))
    assert two.asks("discuss-debt", DEBTOR, CONFIRMED).status == 200
