"""The traps of our libraries (docs/promises.md), each with real parts that step into it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from chassis import topology
from doorstep import background, parts
from doorstep.private import Broker, Database
from doorstep.process import find
from proto import ids
from tests.journeys.hurting import (
    WAITING,
    arrivals,
    broker,
    check_in,
    frozen,
    kill,
    rabbitmqctl,
    revive,
    until,
)
from tests.world import Door, Platform, plain


@pytest.fixture(autouse=True)
def whole_again(platform: Platform) -> Iterator[None]:
    yield
    revive(platform)
    until(lambda: answers(platform), 40)


def answers(platform: Platform) -> bool:
    """Tell whether a question is answered, and an event arrives with who waits for it."""
    fresh = "SELECT count(*) FROM field_visit.source WHERE heard_at > %s"
    heard = platform.rows(fresh, platform.now() - timedelta(seconds=1))
    return heard[0][0] > 0 and platform.officer.get("/v1/visits?limit=1").ok


def agencies(platform: Platform, count: int) -> None:
    """Have something to say: events of so many subjects."""
    entries = [
        {"agency_id": each, "code": f"t{each.hex}", "name": "n"}
        for each in (ids.new() for _ in range(count))
    ]
    assert platform.officer.post("/v1/agencies", plain({"agencies": entries})).ok


def test_a_broker_that_freezes_past_every_timeout_loses_and_doubles_nothing(
    door: Door, platform: Platform
) -> None:
    """Traps 7 and 8: a publish that hangs, and a confirm that comes late."""
    agencies(platform, 200)
    with frozen(platform, "broker"):
        asked_at = time.monotonic()
        body = door.present()
        assert door.pair[0].http.post(door.path("/check-ins"), body).status == 503
        assert time.monotonic() - asked_at < 30
        time.sleep(max(0.0, 12 - (time.monotonic() - asked_at)))

    assert check_in(door, seconds=40).status == 200
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_a_memory_alarm_stops_asks_and_ends_with_nothing_lost(
    door: Door, platform: Platform
) -> None:
    """Trap 7: RabbitMQ stops reading from whoever publishes."""
    rabbitmqctl(platform, "set_vm_memory_high_watermark", "0.0000001")
    try:
        body = door.present()
        until(lambda: door.pair[0].http.post(door.path("/check-ins"), body).status == 503)
    finally:
        rabbitmqctl(platform, "set_vm_memory_high_watermark", "0.6")

    assert check_in(door, seconds=40).status == 200
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_a_query_that_waits_stops_nobody_else_in_the_process(
    door: Door, platform: Platform
) -> None:
    """Trap 9: a wait in C would stop every other service of the process as well."""
    other = Door(platform, door.folder / "other")
    url = platform.settings["DATABASE_URL"]
    body = door.present()
    with psycopg.connect(url) as lock, ThreadPoolExecutor(1) as pool:
        query = "SELECT FROM field_visit.visit WHERE id = %s FOR UPDATE"
        lock.execute(query, [door.visit_id])
        waits = pool.submit(door.pair[0].http.post, door.path("/check-ins"), body)
        until(lambda: platform.rows(WAITING) != [(0,)])

        assert check_in(other).status == 200

        assert not waits.done()
        lock.rollback()
        assert waits.result().status == 200


ITS_ROWS = {
    "visit": "SELECT FROM field_visit.visit WHERE id = %s FOR UPDATE",
    "subject": "INSERT INTO field_visit.subject"
    " SELECT case_id, 0 FROM field_visit.visit WHERE id = %s",
}


@pytest.mark.parametrize("row", ITS_ROWS)
def test_two_phones_at_a_visit_that_stands_hold_up_nobody_else(
    door: Door, platform: Platform, row: str
) -> None:
    """They wait in places of their own: the group's two are free again in a moment."""
    other = Door(platform, door.folder / "other")
    body = door.present()
    theirs = other.present()
    url, path = platform.settings["DATABASE_URL"], door.path("/check-ins")
    with psycopg.connect(url) as lock, ThreadPoolExecutor(2) as pool:
        lock.execute(ITS_ROWS[row], [door.visit_id])
        wait = [pool.submit(each.http.post, path, body) for each in door.pair]
        until(lambda: platform.rows(WAITING)[0][0] >= len(wait))
        assert other.pair[0].http.post(other.path("/check-ins"), theirs).status == 200

        assert not any(each.done() for each in wait)
        lock.rollback()
        assert [each.result().status for each in wait] == [200, 200]


def test_a_query_that_never_ends_is_ended(door: Door, platform: Platform) -> None:
    """Trap 10: by the database's own timeouts, since eventlet's would leak connections."""
    body = door.present()
    with psycopg.connect(platform.settings["DATABASE_URL"]) as lock:
        query = "SELECT FROM field_visit.visit WHERE id = %s FOR UPDATE"
        lock.execute(query, [door.visit_id])
        refused = door.pair[0].http.post(door.path("/check-ins"), body)
        assert refused.status == 503
        until(lambda: platform.rows(WAITING) == [(0,)], 10)
        lock.rollback()

    assert check_in(door).status == 200


@pytest.mark.long
def test_after_an_outage_the_broker_is_found_again_within_seconds(
    door: Door, platform: Platform
) -> None:
    """Trap 12: kombu's pause would have grown to half a minute."""
    kill(platform, "broker")
    time.sleep(15)
    Broker(platform.home.root).start()
    back_at = time.monotonic()

    assert check_in(door, seconds=20).status == 200

    assert time.monotonic() - back_at < 10


def test_a_binding_that_is_gone_stops_the_asks_that_rest_on_it(
    door: Door, platform: Platform
) -> None:
    """Trap 14: `mandatory` is silent, as the stream hears all; the tick does not come."""
    queue = topology.queue("field_visit", "urgent")
    with broker(platform) as channel:

        def asks_stop() -> bool:
            # Again and again: whoever has just come back declares it anew.
            channel.queue_unbind(queue, topology.EVENTS, "urgent.dispatch.#")
            body = door.present()
            answer = door.pair[0].http.post(door.path("/check-ins"), body)
            return answer.kind == "source-stale"

        until(asks_stop)
        channel.queue_bind(queue, topology.EVENTS, "urgent.dispatch.#")

    assert check_in(door).status == 200


def test_parts_that_start_before_their_servers_wait_for_them(
    door: Door, platform: Platform
) -> None:
    everything = [part.name for part in parts.EMBEDDED]
    for part in (*everything, "broker", "database"):
        kill(platform, part)
        until(lambda part=part: find(platform.home.pid_file(part)) is None)
    for part in parts.EMBEDDED:
        assert background.start(platform.home, part, platform.settings)
    time.sleep(3)
    assert [p for p in everything if find(platform.home.pid_file(p)) is None] == []

    Database(platform.home.root).start()
    Broker(platform.home.root).start()

    assert check_in(door, seconds=60).status == 200
    platform.settle()
    assert arrivals(door) == (1, 1)


def test_an_event_said_before_its_hearers_first_start_arrives(
    door: Door, platform: Platform
) -> None:
    """Trap 3: with the services dead and their queue gone, as before a first start."""
    kill(platform, "services")
    kill(platform, "relay")
    with broker(platform) as channel:
        for lane in topology.LANES:
            channel.queue_delete(topology.queue("complaints", lane))
    background.start(platform.home, parts.PARTS["relay"], platform.settings)
    background.wait(platform.home, parts.PARTS["relay"])
    event_id, topic = ids.new(), "field_visit.collectors_arrived"
    said = {
        "visit_id": str(door.visit_id),
        "case_id": str(ids.new()),
        "agency_id": str(door.agency_id),
        "at": "2026-03-02T07:00:00Z",
    }
    envelope = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": "doorstep/field_visit",
        "type": topic,
        "subject": str(ids.new()),
        "time": "2026-03-02T07:00:00Z",
        "by": "t",
        "trace": "t",
        "data": said,
    }
    platform.do(
        "INSERT INTO field_visit.outbox (event_id, subject, envelope) VALUES (%s, %s, %s)",
        event_id,
        envelope["subject"],
        json.dumps(envelope),
    )
    published = (
        "SELECT published_at IS NOT NULL FROM field_visit.outbox WHERE event_id = %s"
    )
    until(lambda: platform.rows(published, event_id) == [(True,)])

    revive(platform)

    noted = "SELECT count(*) FROM complaints.inbox WHERE event_id = %s"
    until(lambda: platform.rows(noted, event_id) == [(1,)])


def test_each_line_of_a_service_has_as_many_on_their_way_as_it_asked_for(
    platform: Platform,
) -> None:
    """The broker gives a consumer what its channel was told last before it began."""
    words = ("list_consumers", "-q", "queue_name", "prefetch_count")
    rows = (line.split() for line in rabbitmqctl(platform, *words).splitlines()[1:])
    found = {name: int(count) for name, count in rows}

    wanted = {topology.commands_queue(name): 12 for name in topology.SERVICES}
    for lane in topology.LANES:
        wanted |= {topology.queue(name, lane): 400 for name in topology.SERVICES}
    assert {name: found[name] for name in wanted} == wanted
