"""From a check-out through a worker to a score, and to what the person says to it."""

from typing import Any

from proto import ids
from tests.journeys.hurting import until
from tests.world import AtADoor, Door, Gateway

SAID = (
    "SELECT envelope->'data'->>'found', envelope->'data'->>'worth_a_look'"
    " FROM field_visit.outbox WHERE envelope->'data'->>'visit_id' = %s"
    " AND envelope->>'type' = 'field_visit.plausibility_scored'"
)


def scores(http: Gateway, door: Door) -> list[dict[str, Any]]:
    answer = http.get(door.path("/plausibility"))
    assert answer.ok, answer
    return list(answer.body["scores"])


def test_a_visit_is_scored_shown_and_answered(door: Door) -> None:
    """Two phones that say the registered point itself, to the last digit."""
    first, second = door.pair
    compliance = door.platform.account("compliance")
    at_the_door = AtADoor(door, door.visit_id)
    assert at_the_door.checks_in().ok
    assert at_the_door.posts("/check-out", {"ending": "nobody_home"}).ok

    until(lambda: len(scores(compliance, door)) == 2)

    assert scores(door.boss, door) == scores(compliance, door)
    (mine,) = scores(first.http, door)
    assert mine["collector_id"] == str(first.person_id)
    assert mine["worth_a_look"]
    found = {each["signal"]: each for each in mine["findings"]}
    assert set(found) == {"target_copied", "pair_mismatch"}
    target = found["target_copied"]
    assert "from the registered point" in target["says"]["en"]
    assert target["numbers"]["distance_m"] == 0.0

    reply = {"reply_id": str(ids.new()), "text": "当天坐标是银行给的"}
    path = door.path(f"/plausibility/{target['finding_id']}/reply")
    assert first.http.post(path, reply).ok
    assert second.http.post(path, reply | {"reply_id": str(ids.new())}).status == 404
    (told,) = (
        reply["text"]
        for score in scores(compliance, door)
        for each in score["findings"]
        for reply in each["replies"]
    )
    assert told == "当天坐标是银行给的"
    door.platform.settle()
    assert door.platform.rows(SAID, str(door.visit_id)) == [("4", "true")]


def test_others_are_shown_nothing(door: Door) -> None:
    stranger = door.platform.account("supervisor", agency_id=ids.new())
    path = door.path("/plausibility")

    assert stranger.get(path).status == 404
    assert door.platform.officer.get(path).status == 403
