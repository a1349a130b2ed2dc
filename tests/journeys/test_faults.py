"""What must hold when a part dies at the worst moment."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pika
import psycopg
import pytest

from chassis import topology
from chassis.shared import FRESH
from doorstep import background, parts
from doorstep.process import find
from proto import ids
from proto.base import Envelope
from tests import acting
from tests.journeys.hurting import (
    WAITING,
    arrivals,
    broker,
    check_in,
    frozen,
    kill,
    rabbitmqctl,
    revive,
    services_log,
    until,
)
from tests.world import Platform, clauses, plain


@pytest.fixture(autouse=True)
def whole_again(platform: Platform):
    """Whatever a test killed runs again for the next one."""
    yield
    revive(platform)


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
    unpublished = (
        "SELECT count(*) FROM field_visit.outbox"
        " WHERE published_at IS NULL AND due_at IS NULL"
    )
    until(lambda: platform.rows(unpublished) == [(0,)])

    platform.settle()
    assert arrivals(door) == (1, 1)


def test_without_services_an_ask_is_503_and_then_answered(door, platform) -> None:
    kill(platform, "services")
    body = door.present()

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
    body = door.present()
    assert door.pair[0].http.post(door.path("/check-ins"), body).status == 503

    revive(platform)
    assert door.pair[0].http.get(door.path()).ok  # and so was all that came before it

    decided = "SELECT count(*) FROM field_visit.decision WHERE visit_id = %s"
    assert platform.rows(decided, door.visit_id) == [(0,)]


def test_an_order_that_had_arrived_is_not_carried_out_after_its_deadline(
    door, platform
) -> None:
    """What a frozen service has been given the broker cannot drop any more."""
    (case_id,) = platform.rows(
        "SELECT case_id FROM field_visit.visit WHERE id = %s", door.visit_id
    )[0]
    hold = {"reason": "disputed"}
    with frozen(platform, "services"):
        answer = platform.officer.post(f"/v1/cases/{case_id}/hold", hold)
        assert (answer.status, answer.kind) == (503, "service-too-slow")
        until(lambda: unacknowledged(platform) > 0)
    until(lambda: "too-late" in services_log(platform))

    state = "SELECT state FROM dispatch.debt_case WHERE id = %s"
    assert platform.rows(state, case_id) == [("placed",)]
    assert platform.officer.post(f"/v1/cases/{case_id}/hold", hold).ok


def unacknowledged(platform: Platform) -> int:
    """How many orders the broker has given to dispatch and has no word of."""
    name = topology.commands_queue("dispatch")
    words = ("list_queues", "-q", "name", "messages_unacknowledged")
    rows = (line.split() for line in rabbitmqctl(platform, *words).splitlines())
    return next(int(count) for queue, count in rows if queue == name)


@pytest.mark.long
def test_a_flood_of_bulk_work_keeps_nobody_from_holding_a_case(door, platform) -> None:
    """And asks are answered: the service ticks and hears meanwhile."""
    (case_id,) = platform.rows(
        "SELECT case_id FROM field_visit.visit WHERE id = %s", door.visit_id
    )[0]
    over, why = threading.Event(), {"reason": "disputed"}

    def flood(_: int) -> list[int]:
        statuses = []
        while not over.is_set():
            entries = [acting.case(ids.new(), door.agency_id) for _ in range(2000)]
            answer = platform.officer.post("/v1/cases", plain({"cases": entries}))
            statuses.append(answer.status)
        return statuses

    with ThreadPoolExecutor(12) as pool:
        floods = pool.map(flood, range(12))
        answers = []
        try:
            until(lambda: platform.rows(OPENED, door.agency_id)[0][0] > 2000)
            for _ in range(5):
                held = platform.officer.post(f"/v1/cases/{case_id}/hold", why)
                seen = {"version": held.body.get("version")} | why
                resumed = platform.officer.post(f"/v1/cases/{case_id}/resumption", seen)
                answers += [held, resumed]
        finally:
            over.set()
    assert [answer.status for answer in answers] == [200] * 10
    assert set(sum(floods, [])) <= {200, 503}


@pytest.mark.long
def test_a_service_ticks_on_while_it_takes_in_large_files(door, platform) -> None:
    """Or every ask that waits for its word would be refused meanwhile."""
    over = threading.Event()

    def oldest() -> timedelta:
        """How old the newest tick of dispatch became for those who decide by it."""
        most = timedelta()
        while not over.wait(0.02):
            ((ticked_at,),) = platform.rows(TICKED)
            most = max(most, platform.now() - ticked_at)
        return most

    cases = [acting.case(ids.new(), door.agency_id) for _ in range(5000)]
    file = plain({"cases": cases})
    with ThreadPoolExecutor(4) as pool:
        watched = pool.submit(oldest)
        try:
            taken_in(platform, file, door)
        finally:
            over.set()
    assert watched.result() < FRESH


def taken_in(platform, file: str, door) -> None:
    """Send a file until all of it is in: where it takes longer than 3 s that is a 503."""

    def is_in() -> bool:
        return platform.rows(OPENED, door.agency_id)[0][0] > 5000

    until(lambda: platform.officer.post("/v1/cases", file).ok or is_in())
    until(is_in)


#: When dispatch said last that it has said all, as the doorstep knows.
TICKED = (
    "SELECT ticked_at FROM field_visit.source WHERE source = 'dispatch' AND lane = 'urgent'"
)
#: How many cases an agency has.
OPENED = "SELECT count(*) FROM dispatch.debt_case WHERE agency_id = %s"


def test_a_broker_that_dies_and_comes_back_loses_nothing(door, platform) -> None:
    kill(platform, "relay")
    assert check_in(door).status == 200
    kill(platform, "broker")
    body = door.present()
    assert door.pair[0].http.post(door.path("/check-ins"), body).status == 503

    revive(platform)

    assert check_in(door, seconds=40).status == 200
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_a_database_that_dies_and_comes_back_loses_nothing(door, platform) -> None:
    kill(platform, "database")
    body = door.present()
    assert door.pair[0].http.post(door.path("/check-ins"), body).status == 503

    revive(platform)

    assert check_in(door, seconds=40).status == 200
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_an_effect_that_fails_is_tried_again_and_what_follows_waits(door, platform) -> None:
    platform.do("ALTER TABLE complaints.door_visit RENAME TO not_there")
    assert check_in(door).status == 200
    until(lambda: "collectors_arrived failed" in services_log(platform))
    platform.do("ALTER TABLE complaints.not_there RENAME TO door_visit")

    platform.settle()

    assert arrivals(door) == (1, 1)


def event_with(text: str) -> bytes:
    """An event as it should be, but for a text that no database keeps."""
    said = Envelope(
        source="doorstep/dispatch",
        type="dispatch.case_standing",
        subject=str(ids.new()),
        time=datetime.now(UTC),
        by="6222020000001234",
        trace="t",
        data={},
    )
    return json.dumps(said.model_dump(mode="json") | {"data": {"name": text}}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"{6222020000001234",
        b'{"name": "6222020000001234"}',
        b"\xff\xfe",
        event_with("\0"),
        event_with("\ud800"),
    ],
    ids=["no JSON", "no event", "no text", "NUL", "half a pair"],
)
def test_a_message_nobody_can_read_is_put_aside_and_never_logged(
    door, platform, body
) -> None:
    aside = "SELECT count(*) FROM complaints.held_back WHERE raw IS NOT NULL"
    ((before,),) = platform.rows(aside)
    with broker(platform) as channel:
        properties = pika.BasicProperties(content_type="application/json")
        channel.basic_publish("", topology.queue("complaints"), body, properties)
    check_in(door)
    platform.settle()

    until(lambda: platform.rows(aside) == [(before + 1,)])
    kept = "SELECT envelope, parked_at IS NOT NULL, t::text FROM complaints.held_back t"
    envelope, parked, text = platform.rows(f"{kept} ORDER BY position DESC LIMIT 1")[0]
    assert (envelope, parked) == (None, True)
    assert [word for word in (body.hex(), "6222020000001234") if word in text] == []
    logs = platform.home.root / "log"
    assert [
        log for log in logs.glob("*.log") if "6222020000001234" in log.read_text()
    ] == []
    assert arrivals(door) == (1, 1)


@pytest.mark.parametrize("encoding", [None, "utf-8"])
def test_an_order_nobody_can_read_is_put_aside_and_ends_nothing(
    door, platform, encoding
) -> None:
    """With an encoding kombu hands over text where there were bytes."""
    before = find(platform.home.pid_file("services"))
    aside = "SELECT count(*) FROM field_visit.held_back WHERE lane = 'orders'"
    ((count,),) = platform.rows(aside)
    with broker(platform) as channel:
        properties = pika.BasicProperties(
            content_type="application/json", content_encoding=encoding
        )
        queue = topology.commands_queue("field_visit")
        body = b"{6222020000001234" + str(encoding).encode()  # kept once for each body
        channel.basic_publish("", queue, body, properties)

    until(lambda: platform.rows(aside) == [(count + 1,)])
    assert check_in(door).status == 200
    assert find(platform.home.pid_file("services")) == before
    assert "6222020000001234" not in services_log(platform)


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


def test_services_that_are_told_to_stop_in_the_middle_lose_no_event(platform) -> None:
    """At every deploy; `settle` counts each event with each of its hearers."""
    kill(platform, "relay")  # so that the events come all at once
    for _ in range(10):
        entries = [
            {"agency_id": each, "code": f"s{each.hex}", "name": "n"}
            for each in (ids.new() for _ in range(400))
        ]
        answer = platform.officer.post("/v1/agencies", plain({"agencies": entries}))
        assert answer.ok
    waiting = platform.on_their_way()
    background.start(platform.home, parts.PARTS["relay"], platform.settings)
    until(lambda: platform.on_their_way() < waiting)

    background.stop(platform.home, parts.PARTS["services"])

    assert 0 < platform.on_their_way() < waiting  # or it was no test
    revive(platform)
    platform.settle()


def test_a_request_in_flight_when_the_broker_dies_does_not_end_the_services(
    door, platform
) -> None:
    before = find(platform.home.pid_file("services"))
    body = door.present()
    url = platform.settings["DATABASE_URL"]
    with psycopg.connect(url) as lock, ThreadPoolExecutor(1) as pool:
        query = "SELECT FROM field_visit.visit WHERE id = %s FOR UPDATE"
        lock.execute(query, [door.visit_id])
        asked = pool.submit(door.pair[0].http.post, door.path("/check-ins"), body)
        until(lambda: platform.rows(WAITING) != [(0,)])
        kill(platform, "broker")
        lock.rollback()
        assert asked.result().status == 503
    # Whether the lost connection is seen when the reply is sent is the kernel's choice.
    until(lambda: platform.rows(WAITING) == [(0,)])
    assert find(platform.home.pid_file("services")) == before

    revive(platform)

    assert check_in(door, seconds=40).status == 200
    assert find(platform.home.pid_file("services")) == before
