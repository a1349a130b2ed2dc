"""S7 of docs/door-stories.md: "at the cafe", by the debtor's own word, through HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from doorstep.client import Answer
from doorstep.process import wait_until
from proto import ids
from proto.facts import Appointment, PersonMet
from proto.places import Position
from tests.acting import MAINLAND
from tests.journeys.test_board import projected, timeline
from tests.journeys.test_stories import (
    AGREES,
    CONFIRMED,
    DEBTOR,
    INTRODUCED,
    RECORDING,
    at_once,
    cleared,
    refused,
)
from tests.world import AtADoor, Door, Platform, clauses, plain

WORDS = "街角那家咖啡馆，靠窗"
CAFE = {"latitude": 31.2150, "longitude": 121.4400}
AT_THE_CAFE = Position(**CAFE, accuracy_m=8)
TOPIC = "field_visit.appointment_recorded"


@pytest.fixture(scope="module")
def door(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Door:
    return Door(platform, tmp_path_factory.mktemp("phones"))


@pytest.fixture
def here(door: Door) -> AtADoor:
    """A pair with the debtor before them."""
    (visit,) = door.visits(1, books=MAINLAND)
    here = cleared(AtADoor(door, visit))
    assert here.asks("discuss-debt", DEBTOR, CONFIRMED).status == 200
    return here


def names_the_cafe(here: AtADoor, starts_at: datetime, **but: Any) -> dict[str, Any]:
    """Note where the debtor will be, and leave; what the supervisor reads of it."""
    said = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
        "place": "elsewhere",
        "where": WORDS,
        "place_class": "public",
        "proof": "spoken",
    }
    here.notes(Appointment(**said | but))
    assert here.posts("/check-out", {"ending": "talked"}).ok
    projected(here.door.platform, here.case_id)
    entries = timeline(here.door.boss, f"/v1/cases/{here.case_id}")
    (entry,) = (each for each in entries if each["topic"] == TOPIC)
    return dict(entry["data"])


def planned(here: AtADoor, told: dict[str, Any], **but: Any) -> dict[str, Any]:
    """A visit of the pair to the cafe, for as long as the debtor will be there."""
    there = {
        "appointment_id": told["appointment_id"],
        "text": "淮海路1号咖啡馆",
        "point": CAFE,
    }
    return {
        "visit_id": ids.new(),
        "case_id": here.case_id,
        "collectors": [each.person_id for each in here.door.pair],
        "letter_id": here.door.letter_id,
        "not_before": told["starts_at"],
        "not_after": told["ends_at"],
        "elsewhere": there | but,
    }


def plans(here: AtADoor, entry: dict[str, Any], by: Any = None) -> Answer:
    return (by or here.door.boss).post("/v1/visits", plain({"visits": [entry]}))


def test_s7_at_the_cafe_by_the_debtors_own_word_and_once(here, door, platform) -> None:
    told = names_the_cafe(here, soon := platform.now() + timedelta(seconds=20))
    assert (told["place"], told["place_class"]) == ("elsewhere", "public")
    one, two = planned(here, told), planned(here, told)

    both = at_once(lambda: plans(here, one), lambda: plans(here, two))

    assert sorted(each.status for each in both) == [200, 409]
    (no,) = (each for each in both if each.status == 409)
    assert (no.kind, told["appointment_id"] in no.body["detail"]) == (
        "appointment-used",
        True,
    )
    won = one if both[0].ok else two
    assert plans(here, won).body == {"new": 0, "same": 1}
    platform.settle()
    cafe = AtADoor(door, won["visit_id"])
    (again,) = door.planned([here.case_id])
    home = AtADoor(door, again)
    assert cafe.shown()["sheet"]["named"] == WORDS
    assert home.shown()["sheet"]["named"] is None
    assert wait_until(lambda: platform.now() > soon, 60)

    assert refused(cafe.checks_in()) == {"C.02"}  # at the home instead
    assert refused(home.checks_in()) == {"C.18"}  # the hour is not one of the door
    came = cafe.checks_in(AT_THE_CAFE)
    assert (came.status, clauses(came)) == (200, [])
    cafe.notes(RECORDING, INTRODUCED)
    waiter = PersonMet(relation="unknown")
    assert {"13.08", "16.08"} <= refused(cafe.asks("discuss-debt", waiter))
    assert refused(cafe.asks("ask-third-party", AGREES)) == {"C.21"}
    assert cafe.asks("discuss-debt", DEBTOR, CONFIRMED).status == 200
    entering = cafe.asks("enter-premises", reason="limited_mobility")
    assert entering.status == 403


def test_s7_nobody_but_the_pair_reads_where_and_no_other_agency_plans_by_it(
    here, platform
) -> None:
    told = names_the_cafe(here, platform.now() + timedelta(hours=1))
    case = f"/v1/cases/{here.case_id}"
    readers = (here.door.boss, platform.officer)
    seen = [timeline(each, case) for each in readers]
    seen += [each.get(f"/v1/visits/{here.visit_id}").body for each in readers]
    assert "咖啡" not in str(seen)

    stranger = platform.account("supervisor", agency_id=ids.new())
    assert stranger.get(f"{case}/timeline").status == 404
    peek, guess = (planned(here, told), planned(here, told, appointment_id=ids.new()))
    answers = [plans(here, entry, stranger) for entry in (peek, guess)]
    kinds = [[each["kind"] for each in a.body["errors"]] for a in answers]
    assert ([a.status for a in answers], kinds) == ([422, 422], [["unknown-case"]] * 2)

    assert plans(here, planned(here, told)).ok  # it is as good as before


def test_s7_a_hold_in_between_and_what_the_debtor_said_is_worth_nothing(
    here, platform
) -> None:
    told = names_the_cafe(here, platform.now() + timedelta(hours=1))
    case = f"/v1/cases/{here.case_id}"
    held = platform.officer.post(f"{case}/hold", {"reason": "bank_decision"})
    assert held.ok
    lift = {"reason": "bank_decision", "version": held.body["version"]}
    assert platform.officer.post(f"{case}/resumption", lift).ok
    platform.settle()

    refusal = plans(here, planned(here, told))

    assert (refusal.status, "appointment-over" in str(refusal.body)) == (422, True)


def test_s7_at_work_is_closed_without_a_plan_as_ever(here, door, platform) -> None:
    soon = platform.now() + timedelta(seconds=20)
    told = names_the_cafe(here, soon, where="单位楼下", place_class="workplace")
    entry = planned(here, told)
    assert plans(here, entry).ok
    platform.settle()
    assert wait_until(lambda: platform.now() > soon, 60)

    at_work = AtADoor(door, entry["visit_id"])

    assert {"4.21", "4.22"} <= refused(at_work.checks_in(AT_THE_CAFE))
