"""Nothing decided more than a second after a hold is allowed, whatever else happens."""

import random
import threading
import time
from uuid import UUID

import pytest

from doorstep.client import Answer, Gateway
from doorstep.process import wait_until
from tests import acting
from tests.journeys.hurting import frozen
from tests.world import Collector, Door, Platform, clauses, plain, resume

#: After this, nothing may be allowed any more.
PROMISE_S = 1.0
HOLD = {"reason": "disputed"}


def case_of(platform: Platform, visit_id: UUID) -> str:
    query = "SELECT case_id FROM field_visit.visit WHERE id = %s"
    return str(platform.rows(query, visit_id)[0][0])


def hold(officer: Gateway, case_id: str) -> Answer:
    return officer.post(f"/v1/cases/{case_id}/hold", HOLD)


def check_in(door: Door, visit_id: UUID, key: str | None = None) -> Answer:
    first = door.pair[0]
    body = door.present(visit_id)
    return first.http.post(f"/v1/visits/{visit_id}/check-ins", body, key)


def until_refused(door: Door, visit_id: UUID) -> Answer:
    """Check in until it is no longer allowed."""
    answers: list[Answer] = []
    assert wait_until(
        lambda: answers.append(check_in(door, visit_id)) or answers[-1].status == 403, 60
    )
    return answers[-1]


def test_a_held_case_is_refused_and_one_that_is_resumed_is_worked(door, platform) -> None:
    case = case_of(platform, door.visit_id)
    assert hold(platform.officer, case).body["state"] == "held"

    refused = until_refused(door, door.visit_id)

    assert "4.38" in clauses(refused)
    resumed = resume(platform.officer, case, "disputed")
    assert (resumed.status, resumed.body["state"]) == (200, "placed")
    assert wait_until(lambda: check_in(door, door.visit_id).status == 200, 60)


def test_a_hold_takes_back_what_was_allowed_also_under_the_same_key(door, platform) -> None:
    body = door.present()
    key, path = "the same key", door.path("/check-ins")
    allowed = door.pair[0].http.post(path, body, key)
    assert allowed.status == 200
    assert door.pair[0].http.post(path, body, key).body == allowed.body
    asked = door.pair[0].notes(door.visit_id)
    hold(platform.officer, case_of(platform, door.visit_id))
    platform.settle()

    again = door.pair[0].http.post(path, body, key)

    assert (again.status, clauses(again)) == (403, clauses(again))
    assert "4.38" in clauses(again)
    talk = door.pair[0].http.post(door.path("/asks/discuss-debt"), asked)
    assert (talk.status, talk.kind) == (409, "not-checked-in")
    assert resume(platform.officer, case_of(platform, door.visit_id), "disputed").ok
    platform.settle()
    later = door.pair[0].http.post(path, body, key)
    assert (later.status, later.kind) == (409, "permit-revoked")


def test_only_the_bank_holds_a_case(door, platform) -> None:
    case = case_of(platform, door.visit_id)

    assert hold(door.boss, case).status == 403
    assert hold(platform.officer, str(UUID(int=7))).status == 404


def test_with_a_frozen_relay_asks_stop_instead_of_passing(door, platform) -> None:
    case = case_of(platform, door.visit_id)
    assert check_in(door, door.visit_id).status == 200
    allowed_after, kinds = [], set()
    with frozen(platform, "relay"):
        assert hold(platform.officer, case).status == 200
        held_at = time.monotonic()
        while time.monotonic() < held_at + 4:
            asked_at = time.monotonic()
            answer = check_in(door, door.visit_id)
            kinds.add(answer.kind)
            if answer.status == 200:
                allowed_after.append(asked_at - held_at)
    assert max(allowed_after, default=0) < PROMISE_S
    assert "source-stale" in kinds

    assert "4.38" in clauses(until_refused(door, door.visit_id))


def test_with_a_frozen_source_asks_stop(door, platform) -> None:
    """All services are one process here: what stands still is its clockwork's word."""
    platform.do("ALTER TABLE workforce.outbox RENAME TO not_there")
    try:
        assert wait_until(lambda: check_in(door, door.visit_id).kind == "source-stale", 60)
    finally:
        platform.do("ALTER TABLE workforce.not_there RENAME TO outbox")
    assert wait_until(lambda: check_in(door, door.visit_id).status == 200, 60)


def test_under_load_nothing_is_allowed_a_second_after_a_hold(door, platform) -> None:
    visits = door.visits(24)
    held_at: dict[UUID, float] = {}
    allowed: list[tuple[UUID, float]] = []
    over = time.monotonic() + 12

    def knock(number: int) -> None:
        chance = random.Random(number)
        while time.monotonic() < over:
            visit = chance.choice(visits)
            asked_at = time.monotonic()
            if check_in(door, visit).status == 200:
                allowed.append((visit, asked_at))

    threads = [threading.Thread(target=knock, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for visit in visits[:16]:
        case = case_of(platform, visit)
        assert hold(platform.officer, case).status == 200
        held_at[visit] = time.monotonic()
        time.sleep(0.3)
    for thread in threads:
        thread.join()

    late = [at - held_at[visit] for visit, at in allowed if visit in held_at]
    assert max(late) < PROMISE_S
    assert allowed


@pytest.mark.parametrize("what", ["person", "device", "letter", "agency"])
def test_whatever_a_permit_rested_on_takes_it_back(door, platform, what) -> None:
    assert check_in(door, door.visit_id).status == 200
    revoke(door, what)

    # without one of the two what has begun ends early (S14); else they may ask anew
    becomes = "arriving" if what == "agency" else "leaving"

    def sent_away() -> bool:
        shown = door.boss.get(door.path())
        return bool(shown.body["state"] == becomes)

    assert wait_until(sent_away, 60)


def revoke(door: Door, what: str) -> None:
    officer, second = door.platform.officer, door.pair[1]
    match what:
        case "person":
            taken_out(door, second)
        case "device":
            path = f"/v1/devices/{second.phone.device_id}/revocation"
            assert officer.post(path, {"reason": "lost"}).ok
        case "letter":
            path = f"/v1/authorisations/{door.letter_id}/revocation"
            assert officer.post(path, {"reason": "withdrawn"}).ok
        case "agency":
            entry = {"agency_id": str(door.agency_id), "name": "海港", "active": False}
            entry["code"] = f"a{door.agency_id.hex}"
            assert officer.post("/v1/agencies", {"agencies": [entry]}).ok


def taken_out(door: Door, who: Collector) -> None:
    entry = acting.person(who.person_id, door.agency_id, in_service=False)
    assert door.platform.officer.post("/v1/people", plain({"people": [entry]})).ok
