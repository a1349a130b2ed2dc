"""What must hold when a part dies at the worst moment."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pika
import pytest

from chassis import amqp, topology
from chassis.settings import Settings
from doorstep import embedded
from doorstep.process import find
from proto import ids
from tests import acting
from tests.world import Door, Platform, clauses, plain


def kill(platform: Platform, part: str) -> None:
    """kill -9, as the machine does when memory is short."""
    process = find(platform.home.pid_file(part))
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)


@contextmanager
def broker(
    platform: Platform,
) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    """A channel of our own to the platform's broker."""
    found = Settings.model_validate(
        {name: platform.settings[name] for name in ("AMQP_URI", "DATABASE_URL")}
    )
    connection = pika.BlockingConnection(amqp.parameters(found))
    yield connection.channel()
    connection.close()


def revive(platform: Platform) -> None:
    embedded.up(platform.home)


@pytest.fixture(autouse=True)
def whole_again(platform: Platform):
    """Whatever a test killed runs again for the next one."""
    yield
    revive(platform)


def check_in(door: Door, seconds: float = 20.0):
    """Check in as a phone does: again and again until somebody answers."""
    until = time.monotonic() + seconds
    while True:
        body = {"present": [each.presence(door.visit_id) for each in door.pair]}
        answer = door.pair[0].http.post(door.path("/check-ins"), body)
        if answer.status != 503 or time.monotonic() > until:
            return answer


def arrivals(door: Door) -> tuple[int, int]:
    """How often the arrival was said, and how often complaints noted it."""
    said = door.platform.rows(
        "SELECT count(*) FROM field_visit.outbox WHERE envelope->'data'->>'visit_id' = %s"
        " AND envelope->>'type' = 'field_visit.collectors_arrived'",
        str(door.visit_id),
    )
    noted = door.platform.rows(
        "SELECT count(*) FROM complaints.door_visit WHERE id = %s", door.visit_id
    )
    return said[0][0], noted[0][0]


def test_an_event_committed_while_the_relay_is_dead_arrives_once(door, platform) -> None:
    kill(platform, "relay")
    assert check_in(door).status == 200
    assert arrivals(door) == (1, 0)

    revive(platform)
    platform.settle()

    assert arrivals(door) == (1, 1)


def test_an_event_published_twice_takes_effect_once(door, platform) -> None:
    """The relay died after the broker had it and before it was marked."""
    check_in(door)
    platform.settle()
    with_id = str(door.visit_id)
    platform.do(
        "UPDATE field_visit.outbox SET published_at = NULL"
        " WHERE envelope->'data'->>'visit_id' = %s",
        with_id,
    )
    unpublished = "SELECT count(*) FROM field_visit.outbox WHERE published_at IS NULL"
    until = time.monotonic() + 10
    while platform.rows(unpublished) != [(0,)]:
        assert time.monotonic() < until
        time.sleep(0.05)

    platform.settle()
    assert arrivals(door) == (1, 1)


def test_without_services_an_ask_is_503_and_then_answered(door, platform) -> None:
    kill(platform, "services")
    body = {"present": [each.presence(door.visit_id) for each in door.pair]}

    absent = door.pair[0].http.post(door.path("/check-ins"), body)

    assert absent.status == 503
    assert absent.kind in ("service-too-slow", "service-absent")
    revive(platform)
    answer = check_in(door)
    assert (answer.status, clauses(answer)) == (200, [])
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_an_ask_nobody_heard_in_time_is_never_carried_out_late(door, platform) -> None:
    kill(platform, "services")
    body = {"present": [each.presence(door.visit_id) for each in door.pair]}
    assert door.pair[0].http.post(door.path("/check-ins"), body).status == 503

    revive(platform)
    assert door.pair[0].http.get(door.path()).ok  # and so was all that came before it

    decided = "SELECT count(*) FROM field_visit.decision WHERE visit_id = %s"
    assert platform.rows(decided, door.visit_id) == [(0,)]


def test_a_broker_that_dies_and_comes_back_loses_nothing(door, platform) -> None:
    kill(platform, "relay")
    assert check_in(door).status == 200
    kill(platform, "broker")
    body = {"present": [each.presence(door.visit_id) for each in door.pair]}
    assert door.pair[0].http.post(door.path("/check-ins"), body).status == 503

    revive(platform)

    assert check_in(door, seconds=40).status == 200
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_a_database_that_dies_and_comes_back_loses_nothing(door, platform) -> None:
    kill(platform, "database")
    body = {"present": [each.presence(door.visit_id) for each in door.pair]}
    assert door.pair[0].http.post(door.path("/check-ins"), body).status == 503

    revive(platform)

    assert check_in(door, seconds=40).status == 200
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_an_effect_that_fails_is_tried_again_and_what_follows_waits(door, platform) -> None:
    platform.do("ALTER TABLE complaints.door_visit RENAME TO not_there")
    assert check_in(door).status == 200
    log = platform.home.root / "log" / "services.log"
    until = time.monotonic() + 10
    while "collectors_arrived failed" not in log.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    platform.do("ALTER TABLE complaints.not_there RENAME TO door_visit")

    platform.settle()

    assert arrivals(door) == (1, 1)


@pytest.mark.parametrize(
    "body", [b"{6222020000001234", b'{"name": "6222020000001234"}', b"\xff\xfe"]
)
def test_a_message_nobody_can_read_is_put_aside_and_never_logged(
    door, platform, body
) -> None:
    with broker(platform) as channel:
        before = channel.queue_declare(topology.UNDECODABLE, passive=True)
        properties = pika.BasicProperties(content_type="application/json")
        queue = topology.queue("complaints")
        channel.basic_publish("", queue, body, properties)
        check_in(door)
        platform.settle()
        after = channel.queue_declare(topology.UNDECODABLE, passive=True)

    assert after.method.message_count - before.method.message_count == 1
    logs = platform.home.root / "log"
    assert [
        log for log in logs.glob("*.log") if "6222020000001234" in log.read_text()
    ] == []
    assert arrivals(door) == (1, 1)


def test_what_fails_in_the_middle_is_never_quoted_in_a_log(door, platform) -> None:
    platform.do("ALTER TABLE dispatch.debt_case RENAME TO not_there")
    case = acting.case(ids.new(), door.agency_id)

    answer = platform.officer.post("/v1/cases", plain({"cases": [case]}))

    platform.do("ALTER TABLE dispatch.not_there RENAME TO debt_case")
    assert (answer.status, answer.kind) == (503, "database-does-not-answer")
    logs = "".join(log.read_text() for log in (platform.home.root / "log").glob("*.log"))
    assert "open_cases failed: ProgrammingError" in logs
    words = (*case["debtor"].values(), case["address"]["text"])
    assert [word for word in words if word in logs] == []
