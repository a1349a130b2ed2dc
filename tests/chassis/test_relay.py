"""The relay and the gateway's client, against a real broker."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pika
import psycopg
import pytest

from chassis import (
    amqp,
    clock,
    marker,
    outboxes,
    relay,
    retelling,
    streams,
    ticks,
    topology,
)
from chassis.database import engine
from chassis.errors import Unavailable
from chassis.rpc import Client
from chassis.settings import Settings, settings
from chassis.unit import Unit
from proto import ids
from proto.workforce import AgencyStanding, RegisterAgencies, Registered
from tests.chassis.acting import OFFICER, SERVICE, carry_out, empty, order, standing
from tests.conftest import ROOT


@pytest.fixture
def heard(found: Settings) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Everything that is published from now on, in the order of the broker."""
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    channel.exchange_declare(topology.EVENTS, "topic", durable=True)
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, topology.EVENTS, "#")

    def all_so_far() -> list[dict[str, Any]]:
        events = []
        while (got := channel.basic_get(queue, auto_ack=True))[0]:
            events.append(json.loads(got[2]))
        return events

    yield all_so_far
    connection.close()


def speak(found: Settings, subjects: list[Any], rounds: int) -> None:
    """Let many callers at once commit events of a few subjects."""
    its = engine(found.database_url, SERVICE)

    def say(command: RegisterAgencies, unit: Unit) -> Registered:
        subject = command.agencies[0].agency_id
        unit.emit(standing(subject), subject)
        return Registered()

    def one(number: int) -> None:
        (answer,) = carry_out(its, say, order(subjects[number % len(subjects)]))
        assert answer.reply

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(rounds)))
    its.dispose()


def unpublished(found: Settings) -> int:
    with psycopg.connect(found.database_url) as connection:
        query = f"SELECT count(*) FROM {SERVICE}.outbox WHERE published_at IS NULL"
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert row
    return int(row[0])


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.02)


def sequences(events: list[dict[str, Any]], subject: Any) -> list[int]:
    return [each["sequence"] for each in events if each["subject"] == str(subject)]


def test_two_relays_side_by_side_keep_the_order_of_every_subject(found, heard) -> None:
    subjects, rounds = [ids.new() for _ in range(5)], 300

    async def both() -> None:
        tasks = [asyncio.create_task(relay.forever(found)) for _ in range(2)]
        await asyncio.to_thread(speak, found, subjects, rounds)
        await until(lambda: unpublished(found) == 0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    asyncio.run(both())

    events = heard()
    each = list(range(1, rounds // len(subjects) + 1))
    assert {str(s): sequences(events, s) for s in subjects} == {
        str(s): each for s in subjects
    }


def test_the_standby_takes_over_when_the_active_relay_ends(found, heard) -> None:
    subject = ids.new()

    async def hand_over() -> None:
        tasks = [asyncio.create_task(relay.forever(found)) for _ in range(2)]
        for task in tasks:
            await asyncio.to_thread(speak, found, [subject], 5)
            await until(lambda: unpublished(found) == 0)
            task.cancel()
            await asyncio.wait({task})

    asyncio.run(hand_over())

    assert sequences(heard(), subject) == list(range(1, 11))


def say_ticks(found: Settings, pace: topology.Pace, count: int, ago_s: float = 0) -> None:
    """Let the service tick so often, as if it had been so many seconds ago."""
    its, said_at = engine(found.database_url, SERVICE), clock.now()
    with pytest.MonkeyPatch.context() as then:
        then.setattr(clock, "now", lambda: said_at - timedelta(seconds=ago_s))
        for _ in range(count):
            ticks.say(its, SERVICE, pace)
    its.dispose()


async def relaying(found: Settings, *doing: Callable[[], None]) -> None:
    """Let a relay carry all there is, and then what each of these leaves."""
    task = asyncio.create_task(relay.forever(found))
    for each in (lambda: None, *doing):
        await asyncio.to_thread(each)
        await until(lambda: unpublished(found) == 0)
    task.cancel()
    await asyncio.wait({task})


def test_ticks_that_waited_too_long_are_not_said_but_for_the_newest(
    found, heard, its, monkeypatch
) -> None:
    monkeypatch.setattr(outboxes, "FORGET", 7)
    empty(its, "outbox", "subject")
    subject, paces = ids.new(), ("often", "seldom")
    for pace in paces:
        say_ticks(found, pace, 30, ago_s=3600)
    speak(found, [subject], 1)
    for pace in paces:
        say_ticks(found, pace, 30, ago_s=60)
    newest = {}
    with psycopg.connect(found.database_url) as connection:
        query = f"SELECT envelope->>'type', envelope->>'id' FROM {SERVICE}.outbox"
        newest |= dict(connection.execute(f"{query} ORDER BY id").fetchall())

    asyncio.run(relaying(found))

    ours = [each for each in heard() if each["source"].endswith(SERVICE)]
    assert {each["type"]: each["id"] for each in ours} == newest
    assert (len(ours), sequences(ours, subject)) == (3, [1])


def test_a_tick_that_nobody_fetches_goes_and_an_event_stays(
    found, its, monkeypatch
) -> None:
    """A hearer that is away for a night finds what has happened, and no old ticks."""
    monkeypatch.setattr(relay, "LATELY", timedelta(seconds=1))
    empty(its, "outbox", "subject")
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel, queue = connection.channel(), "nobody-fetches"
    channel.exchange_declare(topology.EVENTS, "topic", durable=True)
    channel.queue_declare(queue, durable=True, arguments=topology.QUEUE_ARGUMENTS)
    channel.queue_bind(queue, topology.EVENTS, f"tick.{SERVICE}.#")
    channel.queue_bind(queue, topology.EVENTS, "workforce.*")
    subject, some = ids.new(), partial(say_ticks, found, "seldom", 20)
    count = lambda: channel.queue_declare(queue, passive=True).method.message_count  # noqa: E731

    asyncio.run(relaying(found, some))
    asyncio.run(until(lambda: count() == 0, 5))

    asyncio.run(relaying(found, partial(speak, found, [subject], 1), some))
    time.sleep(1.1)  # older than they tell anything
    got, properties, body = channel.basic_get(queue, auto_ack=True)
    assert (json.loads(body)["subject"], properties.delivery_mode) == (str(subject), 2)
    assert channel.basic_get(queue)[0] is None
    channel.queue_delete(queue)
    connection.close()


#: Whoever hears of agencies.
HEARERS = [each for each in topology.HEARS if AgencyStanding in topology.HEARS[each]]


def lose_all(found: Settings) -> None:
    """What a broker does that begins from nothing: no mark is there, and no event."""
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    for queue in (marker.QUEUE, retelling.QUEUE, topology.STREAM):
        channel.queue_delete(queue)
    for service in topology.SERVICES:
        for lane in topology.LANES:
            channel.queue_delete(topology.queue(service, lane))
    connection.close()


def test_what_a_broker_lost_is_said_again_once_and_in_order(found, heard, its) -> None:
    empty(its, "outbox", "subject")
    subject = ids.new()
    asyncio.run(relaying(found, partial(speak, found, [subject], 3)))
    assert sequences(heard(), subject) == [1, 2, 3]

    lose_all(found)
    asyncio.run(relaying(found, partial(speak, found, [subject], 1)))
    asyncio.run(relaying(found, partial(speak, found, [subject], 1)))

    said = [each for each in heard() if each["subject"] == str(subject)]
    assert [each["sequence"] for each in said] == [1, 2, 3, 4, 5]
    # Nobody takes the new stream for the one before: these stand where those stood.
    assert ["again" in each for each in said] == [True] * 3 + [False] * 2


def published(found: Settings, subject: Any, days_ago: int) -> None:
    """Let a subject's events have been said and published so many days ago."""
    with psycopg.connect(found.database_url) as connection:
        query = f"UPDATE {SERVICE}.outbox SET said_at = %(at)s, published_at = %(at)s"
        at = clock.now() - timedelta(days=days_ago)
        where = " WHERE subject = %(subject)s"
        connection.execute(query + where, {"at": at, "subject": str(subject)})  # type: ignore[arg-type]


def hear(found: Settings, subject: Any, *hearers: str) -> None:
    """Let a subject's events have taken effect with these."""
    with psycopg.connect(found.database_url) as connection:
        for hearer in hearers:
            query = (
                f"INSERT INTO {hearer}.inbox (event_id, at) SELECT event_id, now()"
                f" FROM {SERVICE}.outbox WHERE subject = %s"
            )
            connection.execute(query, [str(subject)])  # type: ignore[arg-type]


def streamed(found: Settings, *subjects: Any) -> list[dict[str, Any]]:
    """What stands in the stream of some subjects, from its beginning to its end."""

    async def read() -> list[dict[str, Any]]:
        link = await amqp.connect(found)
        consumer = streams.Consumer(link)
        await consumer.start("first")
        events = []
        while said := await consumer.take(1.0):
            events += [json.loads(each.body) for each in said]
        await link.close()
        return events

    names = [str(each) for each in subjects]
    return [each for each in asyncio.run(read()) if each["subject"] in names]


def test_a_hearer_is_told_again_what_it_never_heard_and_only_the_stream_the_last_day(
    found, heard, its, monkeypatch
) -> None:
    monkeypatch.setattr(outboxes, "FORGET", 2)
    empty(its, "outbox", "subject")
    lately, lost, known, unknown, forgotten = subjects = [ids.new() for _ in range(5)]
    asyncio.run(relaying(found, partial(speak, found, subjects, 10)))
    heard()
    for subject, days_ago in ((known, 3), (unknown, 3), (forgotten, 31)):
        published(found, subject, days_ago)
    for subject in (lately, known):
        hear(found, subject, *HEARERS)
    for subject in (lost, unknown):
        hear(found, subject, *HEARERS[1:])

    lose_all(found)
    asyncio.run(relaying(found, partial(speak, found, [ids.new()], 1), told_all(found)))

    said, stands = heard(), streamed(found, *subjects)
    assert {str(each): sequences(said, each) for each in subjects} == {
        str(lately): [],
        str(lost): [1, 2],
        str(known): [],
        str(unknown): [1, 2],
        str(forgotten): [],
    }
    assert {str(each): sequences(stands, each) for each in subjects} == {
        str(lately): [1, 2],
        str(lost): [1, 2],
        str(known): [],
        str(unknown): [1, 2],
        str(forgotten): [],
    }
    ours = [each for each in (*said, *stands) if each["subject"] in map(str, subjects)]
    assert ["again" in each for each in ours] == [True] * 10


def told_all(found: Settings) -> Callable[[], None]:
    """A wait until the stream has been told all that the broker lost."""

    def there(channel: Any, queue: str) -> bool:
        try:
            channel.queue_declare(queue, passive=True)
        except pika.exceptions.ChannelClosedByBroker:
            return False
        return True

    def nothing_left() -> bool:
        connection = pika.BlockingConnection(amqp.parameters(found))
        marked = there(connection.channel(), marker.QUEUE)
        left = there(connection.channel(), retelling.QUEUE)
        connection.close()
        return marked and not left

    return lambda: asyncio.run(until(nothing_left))


def test_what_is_new_waits_for_nothing_that_the_stream_is_told_again(
    found, heard, its, monkeypatch
) -> None:
    for each in (outboxes, relay):
        monkeypatch.setattr(each, "BATCH", 10)
    empty(its, "outbox", "subject")
    old, new = ids.new(), ids.new()
    asyncio.run(relaying(found, partial(speak, found, [old], 100)))
    hear(found, old, *HEARERS)

    lose_all(found)
    speak(found, [new], 30)
    asyncio.run(relaying(found, told_all(found)))

    stands = [each["subject"] for each in streamed(found, old, new)]
    assert stands == [str(new)] * 30 + [str(old)] * 100


@pytest.fixture
def one_day_told(found: Settings, heard: Any, its: Any, monkeypatch: Any) -> Any:
    """A subject of whom everybody has heard a hundred events, ten in a batch, and whose
    broker then lost all.
    """
    for each in (outboxes, relay):
        monkeypatch.setattr(each, "BATCH", 10)
    monkeypatch.setattr(retelling, "PACE_S", 0.0)
    nothing_lately(found)
    empty(its, "outbox", "subject")
    subject = ids.new()
    asyncio.run(relaying(found, partial(speak, found, [subject], 100)))
    hear(found, subject, *HEARERS)
    lose_all(found)
    return subject


def nothing_lately(found: Settings) -> None:
    """Let whatever other tests had published be of last week."""
    with psycopg.connect(found.database_url) as connection:
        for service in topology.SERVICES:
            then = "published_at = published_at - interval '7 days'"
            connection.execute(f"UPDATE {service}.outbox SET {then}")  # type: ignore[arg-type]


def dies_after(batches: int, monkeypatch: pytest.MonkeyPatch, what: str) -> list[str]:
    """Let a relay die at a step of the telling, after so many batches: before it."""
    told: list[str] = []
    step = getattr(retelling.Retelling, what)

    def once_more(its: Any) -> Any:
        if len(told) == batches:
            told.append("dies")
            raise asyncio.CancelledError
        told.append("told")
        return step(its)

    monkeypatch.setattr(retelling.Retelling, what, once_more)
    return told


@pytest.mark.parametrize(("dies_before", "twice"), [("batch", 0), ("told", 10)])
def test_a_relay_goes_on_telling_where_the_one_before_was_killed(
    found, one_day_told, dies_before, twice
) -> None:
    with pytest.MonkeyPatch.context() as meanwhile:
        steps = dies_after(4, meanwhile, dies_before)
        asyncio.run(relaying(found, lambda: asyncio.run(until(lambda: "dies" in steps))))
    before = sequences(streamed(found, one_day_told), one_day_told)

    asyncio.run(relaying(found, told_all(found)))

    after = sequences(streamed(found, one_day_told), one_day_told)
    assert before == list(range(1, 41 + twice))
    assert after == [*before, *range(41, 101)]


@pytest.mark.parametrize("instead", [None, b"no place"])
def test_what_a_broker_forgot_of_the_telling_is_told_from_the_beginning(
    found, one_day_told, instead
) -> None:
    """It was killed before it had the last place on its disk; or somebody wrote there."""
    with pytest.MonkeyPatch.context() as meanwhile:
        steps = dies_after(4, meanwhile, "batch")
        asyncio.run(relaying(found, lambda: asyncio.run(until(lambda: "dies" in steps))))
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    channel.queue_purge(retelling.QUEUE)
    if instead:
        channel.basic_publish("", retelling.QUEUE, instead)
    connection.close()

    asyncio.run(relaying(found, told_all(found)))

    told = sequences(streamed(found, one_day_told), one_day_told)
    assert told == [*range(1, 41), *range(1, 101)]


def test_events_that_were_published_at_one_moment_are_told_together(
    found, one_day_told
) -> None:
    """More than a batch of them, and nothing before or behind is told twice or not."""
    with psycopg.connect(found.database_url) as connection:
        one_moment = (
            f"UPDATE {SERVICE}.outbox SET published_at = (SELECT max(published_at)"
            f" FROM {SERVICE}.outbox WHERE sequence < 40) WHERE sequence BETWEEN 35 AND 60"
        )
        connection.execute(one_moment)  # type: ignore[arg-type]

    asyncio.run(relaying(found, told_all(found)))

    told = sequences(streamed(found, one_day_told), one_day_told)
    assert told == list(range(1, 101))


def test_what_was_published_before_a_weekend_is_told_after_it(found, one_day_told) -> None:
    published(found, one_day_told, days_ago=3)

    asyncio.run(relaying(found, told_all(found)))

    told = sequences(streamed(found, one_day_told), one_day_told)
    assert told == list(range(1, 101))


def test_the_whole_topology_is_there_before_anything_is_said(found) -> None:
    async def declared() -> None:
        link = await amqp.connect(found)
        await amqp.declare(link)
        await link.close()

    asyncio.run(declared())
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    for service in topology.SERVICES:
        for lane in topology.LANES:
            channel.queue_declare(topology.queue(service, lane), passive=True)
    channel.queue_declare(topology.STREAM, passive=True)
    connection.close()


def ask(found: Settings, service: str, deadline_s: float = 3.0) -> None:
    async def once() -> None:
        client = Client(found, deadline_s)
        await client.start()
        await until(lambda: client.connected)
        entry = {"agency_id": ids.new(), "code": "c", "name": "n"}
        command = RegisterAgencies(agencies=(entry,))  # type: ignore[arg-type]
        try:
            await client.ask(service, command, OFFICER)
        finally:
            await client.stop()

    asyncio.run(once())


def test_a_service_that_is_not_there_is_said_at_once(found) -> None:
    with pytest.raises(Unavailable, match="service-absent"):
        ask(found, "nobody")


def test_a_service_that_does_not_answer_is_given_up_at_the_deadline(found) -> None:
    connection = pika.BlockingConnection(amqp.parameters(found))
    channel = connection.channel()
    channel.exchange_declare(topology.COMMANDS, "topic", durable=True)
    channel.queue_declare("rpc-sleeper", exclusive=True)
    channel.queue_bind("rpc-sleeper", topology.COMMANDS, "sleeper.*")

    with pytest.raises(Unavailable, match="service-too-slow"):
        ask(found, "sleeper", deadline_s=0.2)

    # Dropped at its deadline: nobody will carry it out late.
    sleeping = partial(channel.queue_declare, "rpc-sleeper", passive=True)
    asyncio.run(until(lambda: sleeping().method.message_count == 0))
    connection.close()


def test_without_a_broker_the_client_says_so(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def once() -> None:
        client = Client(settings())
        await client.start()
        entry = {"agency_id": ids.new(), "code": "c", "name": "n"}
        try:
            await client.ask("workforce", RegisterAgencies(agencies=(entry,)), OFFICER)  # type: ignore[arg-type]
        finally:
            await client.stop()

    with pytest.raises(Unavailable, match="broker-away"):
        asyncio.run(once())


def test_a_relay_that_waits_for_its_broker_ends_at_once_and_quietly(
    environment: None, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "doorstep", "--home", str(tmp_path), "run", "relay"]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            while "relay waits" not in process.stderr.readline():
                pass
            process.send_signal(signal.SIGTERM)  # it sleeps until the next try
            assert process.wait(10) == 0
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()
