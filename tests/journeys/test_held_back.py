"""Events that cannot take effect, on a running platform: seen, mended, let go."""

import json
from pathlib import Path
from uuid import UUID

import pika
import psycopg

from chassis import topology
from proto.base import Envelope
from tests.journeys.hurting import arrivals, broker, check_in, until
from tests.journeys.test_keys import Said, doorstep
from tests.world import Door, Platform, clauses

STANDING = "dispatch.case_standing"


def listed(platform: Platform, subject: UUID) -> list[tuple[str, str, str, str]]:
    """What is held back of a subject: id, service, topic, state."""
    said = doorstep(platform, "held-back", "list")
    assert (said.code, said.err) == (0, "")
    rows = [line.split() for line in said.out.splitlines() if str(subject) in line]
    return [(row[0], row[1], row[3], " ".join(row[9:])) for row in rows]


def states(platform: Platform, subject: UUID) -> list[tuple[str, str, str]]:
    return [row[1:] for row in listed(platform, subject)]


def case_of(door: Door) -> UUID:
    query = "SELECT case_id FROM field_visit.visit WHERE id = %s"
    ((case_id,),) = door.platform.rows(query, door.visit_id)
    return case_id


def poison(platform: Platform, service: str, subject: UUID) -> str:
    """Send a service an event that will never say what it must; return its id."""
    event = Envelope(
        source="doorstep/dispatch",
        type=STANDING,
        subject=str(subject),
        time=platform.now(),
        by="test",
        trace="t",
        data={"case_id": "no id", "note": "shown"},
    )
    with broker(platform) as channel:
        body = event.model_dump_json().encode()
        json_said = pika.BasicProperties(
            content_type="application/json", content_encoding="utf-8"
        )
        channel.basic_publish("", topology.queue(service), body, json_said)
    return str(event.id)


def discard(platform: Platform, event_id: str) -> Said:
    words = ("discard", event_id, "--because", "a test sent it")
    return doorstep(platform, "held-back", *words)


def test_an_event_that_fails_is_listed_and_heals_by_itself(
    door: Door, platform: Platform
) -> None:
    case_id, noted = case_of(door), "field_visit.collectors_arrived"
    platform.do("ALTER TABLE complaints.door_visit RENAME TO not_there")
    try:
        assert check_in(door).status == 200
        until(lambda: states(platform, case_id) == [("complaints", noted, "waiting")])
    finally:
        platform.do("ALTER TABLE complaints.not_there RENAME TO door_visit")

    platform.settle()

    assert arrivals(door) == (1, 1)
    assert states(platform, case_id) == []


def test_a_poison_event_is_parked_shown_and_discarded_and_later_ones_flow(
    door: Door, platform: Platform
) -> None:
    case_id = case_of(door)
    event_id = poison(platform, "complaints", case_id)
    until(lambda: states(platform, case_id) == [("complaints", STANDING, "parked")])
    assert check_in(door).status == 200
    until(lambda: len(states(platform, case_id)) == 2)
    assert states(platform, case_id)[1][2] == "behind 1"
    assert arrivals(door) == (1, 0)

    shown = doorstep(platform, "held-back", "show", event_id)
    assert json.loads(shown.out)["envelope"]["data"]["note"] == "shown"
    in_vain = doorstep(platform, "held-back", "replay", event_id)
    assert (in_vain.code, in_vain.err) == (0, "")
    tried = "SELECT attempts FROM complaints.held_back WHERE parked_at IS NOT NULL"
    until(lambda: platform.rows(f"{tried} AND event_id = %s", event_id) == [(1,)])
    done = discard(platform, event_id)

    assert (done.code, done.err) == (0, "")
    platform.settle()
    assert arrivals(door) == (1, 1)
    assert states(platform, case_id) == []
    assert "was discarded at" in discard(platform, event_id).err


def test_an_ask_about_a_case_with_an_event_held_back_waits_until_it_is_discarded(
    door: Door, platform: Platform
) -> None:
    event_id = poison(platform, "field_visit", case_of(door))
    until(lambda: states(platform, case_of(door)) != [])

    refused = ask(door)
    assert (refused.status, refused.kind) == (503, "event-held-back")

    assert discard(platform, event_id).code == 0
    assert (ask(door).status, clauses(ask(door))) == (200, [])


def test_a_hold_that_could_not_take_effect_lets_nobody_in_and_is_replayed(
    door: Door, platform: Platform
) -> None:
    case_id = case_of(door)
    kept = "ALTER TABLE field_visit.kept"
    platform.do(f"{kept} ADD CONSTRAINT broken CHECK (key <> '{case_id}') NOT VALID")
    try:
        held = platform.officer.post(f"/v1/cases/{case_id}/hold", {"reason": "disputed"})
        assert held.ok
        until(lambda: states(platform, case_id) == [("field_visit", STANDING, "waiting")])
        refused = ask(door)
        assert (refused.status, refused.kind) == (503, "event-held-back")
        park = "UPDATE field_visit.held_back SET parked_at = now() WHERE subject = %s"
        platform.do(park, str(case_id))
    finally:  # once it is parked: what is tried again in time would take effect by itself
        platform.do(f"{kept} DROP CONSTRAINT broken")
    ((event_id, *_),) = listed(platform, case_id)

    assert doorstep(platform, "held-back", "replay", event_id).code == 0

    until(lambda: states(platform, case_id) == [])
    answer = ask(door)
    assert (answer.status, answer.kind) == (403, "not-allowed")


def test_a_visit_that_somebody_holds_stops_its_own_hold_and_no_other_ask(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    """Whoever holds it: a colleague's session, a process that hangs."""
    assert check_in(door).status == 200
    other, case_id = Door(platform, tmp_path / "other"), case_of(door)
    with psycopg.connect(platform.settings["DATABASE_URL"]) as somebody:
        query = "SELECT FROM field_visit.visit WHERE id = %s FOR UPDATE"
        somebody.execute(query, [door.visit_id])
        hold = platform.officer.post(f"/v1/cases/{case_id}/hold", {"reason": "disputed"})
        assert hold.ok
        until(lambda: states(platform, case_id) == [("field_visit", STANDING, "waiting")])

        assert check_in(other).status == 200

        somebody.rollback()

    until(lambda: states(platform, case_id) == [])
    assert ask(door).status == 403


def ask(door: Door):
    body = door.present()
    return door.pair[0].http.post(door.path("/check-ins"), body)
