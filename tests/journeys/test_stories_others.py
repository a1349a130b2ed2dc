"""The stories of docs/door-stories.md that end well without a debtor's word."""

from copy import copy
from datetime import timedelta
from typing import Any

import pytest

from proto import ids
from proto.facts import PersonMet, Recording, WrongAddress
from tests.acting import DOOR
from tests.journeys.hurting import until
from tests.journeys.test_media import JPEG, found, sends
from tests.journeys.test_stories import CONFIRMED, DEBTOR, OF_THE_DEBT, cleared, refused
from tests.journeys.test_stories_ending import LEFT, SUSPECTED, told, topics
from tests.media import photo
from tests.world import AtADoor, Door, Platform, clauses, plain, resume

OBJECTED = Recording(announced=True, running=False, reason="objected")
MOTHER = PersonMet(relation="parent")
TENANT = PersonMet(relation="tenant")
MARKS = (SUSPECTED, "field_visit.breach_recorded")


@pytest.fixture(scope="module")
def door(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Door:
    """One agency and its pair for all of these; every story has a case of its own."""
    return Door(platform, tmp_path_factory.mktemp("phones"))


@pytest.fixture
def here(door: Door) -> AtADoor:
    return cleared(AtADoor(door, door.visits(1)[0]))


def in_both_languages(script: Any) -> None:
    """What is to be said is there in both languages, each its own, and names no debt."""
    assert set(script) == {"zh-CN", "en"}
    assert len(set(script.values())) == 2
    assert not [word for word in OF_THE_DEBT if word in str(script)]


def test_s11_who_objects_to_the_recording_is_left_in_peace(here, platform) -> None:
    assert here.asks("discuss-debt", DEBTOR, CONFIRMED).status == 200

    noted = here.notes(OBJECTED)

    in_both_languages(noted.body["script"])
    talk = here.asks("discuss-debt")
    assert {"21.079", "21.088"} <= refused(talk)
    assert talk.body["script"] == noted.body["script"]
    closed = here.posts("/check-out", {"ending": "declined"})
    assert (closed.status, closed.body["ending"]) == (200, "declined")
    platform.settle()
    until(lambda: LEFT in topics(here))
    assert not [each for each in topics(here) if each in MARKS]
    bank = platform.officer.get(f"/v1/cases/{here.case_id}").body
    assert (bank["state"], bank["holds"]) == ("placed", [])


def test_s2_a_mother_who_has_vouched_for_it_is_no_third_party(here, door, platform) -> None:
    """Only she, only once she is known to be her, and nobody learns why but the bank."""
    case = f"/v1/cases/{here.case_id}"
    her = {"liable_id": ids.new(), "relation": "parent", "owes_as": "guarantor"}
    her |= {"name": "吴桂芳", "since": "2026-01-05"}
    assert door.boss.post(f"{case}/liable", plain(her)).status == 403
    assert {"4.17", "13.08"} <= refused(here.asks("discuss-debt", MOTHER))

    typed = platform.officer.post(f"{case}/liable", plain(her))
    platform.settle()

    assert typed.ok
    assert "吴桂芳" not in str(typed.body) + str(here.shown()) + str(told(here))
    asked = here.asks("discuss-debt", MOTHER)
    assert {"4.11", "13.08"} <= refused(asked)
    in_both_languages(asked.body["script"])
    known = here.asks("discuss-debt", CONFIRMED)
    assert (known.status, clauses(known)) == (200, [])
    spouse = here.asks("discuss-debt", PersonMet(relation="spouse"), CONFIRMED)
    assert {"4.17", "13.08"} <= refused(spouse)

    path = f"{case}/liable/{her['liable_id']}/release"
    assert platform.officer.post(path, {}).body["liable"] == []
    platform.settle()
    assert {"4.17", "13.08"} <= refused(here.asks("discuss-debt", MOTHER, CONFIRMED))


def test_s3_what_was_taken_where_a_child_opened_is_for_the_bank_alone(here, door) -> None:
    platform, child = door.platform, PersonMet(relation="child", capable=False)
    theirs = copy(door)
    theirs.visit_id = here.visit_id
    taken = sends(theirs, JPEG, photo())
    until(found(theirs, taken))
    path = f"/v1/media/{taken}"
    assert door.boss.get(path).status == 200

    talk = here.asks("discuss-debt", child)

    assert "C.20" in refused(talk)
    in_both_languages(talk.body["script"])
    later = sends(theirs, JPEG, photo())

    def seen_by_the_bank() -> list[str]:
        listed = platform.officer.get(f"/v1/visits/{here.visit_id}/media").body
        return [each["media_id"] for each in listed["media"]]

    until(lambda: seen_by_the_bank() == [taken, later])
    platform.settle()
    for who in (door.boss, door.pair[0].http, door.pair[1].http):
        listed = who.get(f"/v1/visits/{here.visit_id}/media").body
        assert (listed["media"], listed["restricted"]) == ([], True)
        for media_id in (taken, later):
            for what in ("", "/thumbnail"):
                assert who.get(f"/v1/media/{media_id}{what}").status == 404
    assert platform.officer.get(path).status == 200


@pytest.mark.parametrize("who", ["supervisor", "phone_collector", "integration"])
def test_s12_whoever_hears_of_an_illness_has_the_case_held(door, who) -> None:
    """Only the bank reads which it was; who reported it is shown no more than the rest."""
    platform, here = door.platform, AtADoor(door, door.visits(1)[0])
    ours = {} if who == "integration" else {"agency_id": door.agency_id}
    hears, case = platform.account(who, **ours), f"/v1/cases/{here.case_id}"
    told_of = f"{case}/circumstances"

    taken = hears.post(told_of, {"hardship": "illness"})
    platform.settle()

    assert (taken.status, taken.body) == (200, {"case_id": here.case_id})
    held = here.checks_in()
    assert "4.38" in refused(held)
    in_both_languages(held.body["script"])
    assert hears.get(told_of).status == 403
    seen = [here.shown(), door.boss.get(f"{case}/timeline?limit=500").body]
    for words in ("illness", "circumstance", "hardship"):
        assert words not in str(seen)
    read = platform.officer.get(told_of).body
    assert read["circumstances"] == ["illness"]
    stranger = platform.account("supervisor", agency_id=ids.new())
    assert stranger.post(told_of, {}).status == 404

    plan = {"opens": "10:00", "closes": "11:00", "until": "2026-03-20"}
    assert resume(platform.officer, here.case_id, "special_circumstances", plan=plan).ok
    platform.settle()
    assert {"4.21", "4.22"} <= refused(here.checks_in())


def test_s12_nobody_is_visited_at_a_funeral_without_a_plan(door) -> None:
    address = {"text": "x", "point": DOOR, "place_class": "funeral"}
    (visit,) = door.visits(1, address=address)

    assert {"4.21", "4.22"} <= refused(AtADoor(door, visit).checks_in())


def test_s5_somebody_else_lives_there_and_complains(door, platform) -> None:
    """It ends for both phones, the door is closed for every case that has it, and whoever
    lives there complains by the code on the badge without proving to be anyone.
    """
    street = f"长宁路{ids.new().hex}号"  # a door of its own: it is closed for everybody
    (visit,) = door.visits(1, address={"text": street, "point": DOOR})
    here = cleared(AtADoor(door, visit))
    badge, case = here.shown()["badge"], f"/v1/cases/{here.case_id}"

    talk = here.asks("discuss-debt", TENANT, WrongAddress(how="new_occupant"))

    assert {"C.17", "13.08"} <= refused(talk)
    in_both_languages(talk.body["script"])
    assert "C.17" in refused(here.asks("discuss-debt", by=door.pair[1]))
    nobody = platform.nobody()
    complaint = {"complaint_id": ids.new(), "code": badge, "words": "我不认识这个人。"}
    assert nobody.post("/v1/badges/complaints", plain(complaint)).status == 200
    assert here.posts("/check-out", {"ending": "wrong_address"}).ok
    platform.settle()
    until(lambda: LEFT in topics(here))
    assert not [each for each in topics(here) if each in MARKS]
    assert platform.officer.get(case).body["address_open"] is False
    again = {
        "visit_id": ids.new(),
        "case_id": here.case_id,
        "collectors": [each.person_id for each in door.pair],
        "letter_id": door.letter_id,
        "not_before": platform.now(),
        "not_after": platform.now() + timedelta(hours=2),
    }
    planned = door.boss.post("/v1/visits", plain({"visits": [again]}))
    assert (planned.status, "address-closed" in str(planned.body)) == (422, True)
    desk = platform.account("complaints_officer")
    path = f"/v1/complaints/{complaint['complaint_id']}"
    assert desk.get(path).body["words"] == "我不认识这个人。"
    assert door.boss.get(path).status == 403
    assert platform.officer.post(f"{case}/address-reopening", {}).body["address_open"]
