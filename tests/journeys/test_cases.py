"""What becomes of a case while a pair is on the way to its door, or stands before it."""

from datetime import timedelta
from uuid import UUID

import pytest

from doorstep.client import Answer
from doorstep.process import wait_until
from proto import ids
from proto.facts import (
    Circumstance,
    Disputed,
    WrongAddress,
)
from tests.acting import DOOR
from tests.journeys.test_holds import case_of, check_in, until_refused
from tests.world import Door, Platform, clauses, plain, resume

SAID = "SELECT count(*) FROM dispatch.outbox WHERE envelope->>'type' = %s AND subject = %s"


def case(door: Door, what: str = "", body: dict | None = None) -> Answer:
    """Do something to the case of the door as a bank officer; without a body, look."""
    path = f"/v1/cases/{case_of(door.platform, door.visit_id)}{what}"
    officer = door.platform.officer
    return officer.get(path) if body is None else officer.post(path, body)


def lifts(door: Door, reason: str, **more) -> Answer:
    its = case_of(door.platform, door.visit_id)
    return resume(door.platform.officer, its, reason, **more)


def note(door: Door, *facts) -> Answer:
    first = door.pair[0]
    return first.http.post(door.path("/journal"), first.notes(door.visit_id, *facts))


def planned(door: Door, case_id: str, visit_id: UUID | None = None) -> Answer:
    """Plan another visit to a case, for now."""
    now = door.platform.now()
    entry = {
        "visit_id": visit_id or ids.new(),
        "case_id": case_id,
        "collectors": [collector.person_id for collector in door.pair],
        "letter_id": door.letter_id,
        "not_before": now - timedelta(minutes=1),
        "not_after": now + timedelta(hours=1),
    }
    return door.boss.post("/v1/visits", plain({"visits": [entry]}))


def only_for_today_is_enough(door: Door) -> bool:
    """Come once more: nothing speaks against it but that they were there today (C.18)."""
    again = ids.new()
    assert planned(door, case_of(door.platform, door.visit_id), again).ok
    door.platform.settle()
    return wait_until(lambda: clauses(check_in(door, again)) == ["C.18"], 60)


def reasons(door: Door) -> list[str]:
    return [hold["reason"] for hold in case(door).body["holds"]]


def held(door: Door, *wanted: str) -> bool:
    return wait_until(lambda: reasons(door) == list(wanted), 60)


@pytest.mark.parametrize("what", ["recall", "payoff"])
def test_a_case_that_ends_on_the_way_is_not_worked_at_the_door(door, what) -> None:
    state = {"recall": "recalled", "payoff": "paid_off"}[what]
    assert case(door, "/hold", {"reason": "bank_decision"}).ok

    ended = case(door, f"/{what}", {})

    assert (ended.status, ended.body["state"], ended.body["holds"]) == (200, state, [])
    assert "4.38" in clauses(until_refused(door, door.visit_id))
    again = case(door, "/hold", {"reason": "disputed"})
    assert (again.status, again.kind) == (409, "case-not-worked")
    assert case(door, f"/{what}", {}).body == ended.body


def test_already_paid_holds_the_case_at_once_and_the_bank_answers_for_it(
    door: Door,
) -> None:
    assert check_in(door, door.visit_id).status == 200

    assert note(door, Disputed(claim="already_paid")).ok

    assert held(door, "already_paid")
    until_refused(door, door.visit_id)
    shown = case(door).body
    (hold,) = shown["holds"]
    assert (shown["state"], hold["review_on"]) == ("held", "2026-03-02")
    took_it_in = "SELECT opened_by::text FROM dispatch.debt_case WHERE id = %s"
    assert door.platform.rows(took_it_in, shown["case_id"]) == [(hold["owner_id"],)]
    resumed = lifts(door, "already_paid")
    assert (resumed.status, resumed.body["state"]) == (200, "placed")
    assert only_for_today_is_enough(door)


def test_a_second_claim_just_before_the_bank_resumes_is_not_lost(
    door: Door, platform: Platform
) -> None:
    """The bank reads of the first one; the second is noted; the bank looks again."""
    assert check_in(door, door.visit_id).status == 200
    assert note(door, Disputed(claim="already_paid")).ok
    assert held(door, "already_paid")
    platform.settle()
    seen = case(door).body
    assert note(door, Disputed(claim="already_paid")).ok
    platform.settle()

    early = lifts(door, "already_paid", version=seen["version"])

    assert (early.status, early.kind) == (409, "case-changed")
    assert "2026-03-02" in early.body["detail"]
    (hold,) = case(door).body["holds"]
    assert (hold["times"], hold["since"]) == (2, seen["holds"][0]["since"])
    assert hold["last_at"] > hold["since"]
    assert lifts(door, "already_paid").body["state"] == "placed"


def test_special_circumstances_need_a_plan_before_anybody_comes_again(door: Door) -> None:
    assert check_in(door, door.visit_id).status == 200
    assert note(door, Circumstance(hardship="illness")).ok
    assert held(door, "special_circumstances")

    lifted = lifts(door, "special_circumstances")

    assert (lifted.status, lifted.body["errors"][0]["pointer"]) == (422, "/plan")
    plan = {"opens": "00:00", "closes": "23:59", "until": "2026-03-31"}
    worked = lifts(door, "special_circumstances", plan=plan)
    assert worked.body["state"] == "placed"
    assert only_for_today_is_enough(door)


def test_a_wrong_address_is_closed_for_every_case_of_that_door(
    door: Door, platform: Platform
) -> None:
    street = f"长宁路{ids.new().hex}号"
    door.visit_id, other = door.visits(2, address={"text": street, "point": DOOR})
    mine, theirs = case_of(platform, door.visit_id), case_of(platform, other)
    assert check_in(door, door.visit_id).status == 200

    assert note(door, WrongAddress(how="moved")).ok

    def is_open(case_id: str) -> bool:
        return bool(platform.officer.get(f"/v1/cases/{case_id}").body["address_open"])

    assert wait_until(lambda: not is_open(mine) and not is_open(theirs), 60)
    until_refused(door, other)
    refused = planned(door, theirs)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/visits/0")
    assert platform.officer.post(f"/v1/cases/{theirs}/address-reopening", {}).ok
    assert (is_open(theirs), is_open(mine)) == (True, False)
    assert planned(door, theirs).ok


def test_whoever_answers_for_a_hold_is_reminded_on_its_day(
    door: Door, platform: Platform
) -> None:
    """It is three in the afternoon: a review today is due at once, and tomorrow again."""
    today = {"reason": "bank_decision", "review_on": "2026-03-02"}
    assert case(door, "/hold", today).ok
    its = case_of(platform, door.visit_id)

    def reminded() -> bool:
        return platform.rows(SAID, "dispatch.hold_review_due", its) == [(1,)]

    assert wait_until(reminded, 60)
    due = "SELECT max(due_at) FROM dispatch.outbox WHERE subject = %s"
    ((at,),) = platform.rows(due, its)
    assert at.isoformat() == "2026-03-03T01:00:00+00:00"
    later = {"reason": "bank_decision", "review_on": "2026-05-31"}
    assert case(door, "/hold-review", later).body["holds"][0]["review_on"] == "2026-05-31"
    assert case(door, "/hold-review", today | {"review_on": "2026-06-01"}).status == 422


def test_only_the_bank_sees_why_a_case_is_held(door: Door, platform: Platform) -> None:
    its = case_of(platform, door.visit_id)
    assert case(door, "/hold", {"reason": "disputed"}).ok

    assert door.boss.get(f"/v1/cases/{its}").status == 403
    assert platform.account("compliance").get(f"/v1/cases/{its}").body == case(door).body


def test_a_third_party_may_be_asked_by_the_banks_leave_and_no_longer(
    door: Door, platform: Platform
) -> None:
    permit = str(ids.new())
    until = (platform.now() + timedelta(hours=3)).isoformat()
    body = {"permit_id": permit, "good_until": until}

    given = case(door, "/third-party-permits", body)

    assert (given.status, given.body["state"]) == (200, "open")
    other = case(door, "/third-party-permits", body | {"permit_id": str(ids.new())})
    assert (other.status, other.kind) == (409, "permit-open-already")
    gone = case(door, f"/third-party-permits/{permit}/revocation", {})
    assert (gone.status, gone.body["state"]) == (200, "revoked")
